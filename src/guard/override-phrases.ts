/**
 * Phrases that tell a reader to drop its orders or its role. They are matched on the words alone, so that punctuation and markup
 * between words hide nothing (behaviour spec W-36). All repetitions are bounded: a search takes linear time.
 */

/** Words that may stand between the parts of a phrase without changing it. */
const filler =
  '(?:a|about|all|also|and|any|anything|at|been|came|completely|developer|entirely|every|everything|given|had|has|have|i|immediately|in|is|just|kindly|me|my|now|of|on|other|our|own|please|safety|said|security|simply|stated|such|system|that|the|these|this|those|to|totally|us|user|was|we|were|which|with|written|you|your)'
const some = `(?:${filler} ){0,7}`
const earlier =
  '(?:previous|prior|preceding|above|earlier|foregoing|former|aforementioned|previously|before)'
const orders = '(?:instructions?|prompts?|directives?)'
/** Ordinary words of a report: only an "earlier" word makes them the reader's own orders. */
const looseOrders = `(?:${orders}|guidelines?|guidance|commands?|rules?|orders?|context|messages?|constraints?|conversation|programming|training|restrictions?|texts?)`
const ignore =
  '(?:ignore|ignoring|disregard|disregarding|forget|forgetting|neglect|pay no attention to|(?:do not|don t|dont|never|stop|cease|no longer) (?:follow|following|obey|obeying|heed|heeding|listen to|listening to|comply with))'
const override = '(?:override|overriding|overrule|supersede|bypass|dismiss|discard|cancel|skip)'

const phrases: readonly string[] = [
  `${ignore} ${some}(?:${earlier}|all|any|every|everything|your|my|existing|original|initial|system) ${some}${orders}`,
  `(?:${ignore}|${override}) ${some}${earlier} ${some}${looseOrders}`,
  `(?:${ignore}|${override}) ${some}${looseOrders} ${some}${earlier}`,
  `${override} ${some}(?:your|system) ${orders}`,
  `(?:override|overriding|overrule|bypass|disobey|abandon) ${some}(?:all|any|every|safety|system|your) ${some}(?:instructions|directives)`,
  `(?:abandon|clear|delete|drop|erase|nullify|remove|replace|reset|wipe) ${some}${earlier} ${some}${orders}`,
  `${earlier} ${orders} (?:(?:are|been|have|is|was|were) ){1,3}(?:a test|cancell?ed|fake|invalid|no longer|obsolete|outdated|overridden|revoked|superseded|void|wrong)`,
  `${ignore} ${some}(?:everything|all|what|whatever) ${some}(?:above|before|earlier|previously|told|taught|instructed|learned)`,
  `${ignore} ${some}${orders} (?:that )?(?:you|i|we) (?:were|was|have|had|are|gave|got|received)`,
  `${ignore} (?:the )?(?:above|previous|prior|foregoing|preceding) (?:and|then|instead)`,
  `${ignore} (?:the|these|those) ${orders} and`,
  `${ignore} (?:all )?(?:of )?(?:your|the original|the initial) (?:(?:core|current|existing|initial|original) )?(?:rules|guidelines|training|programming|restrictions|constraints)`,
  `your (?:new|real|actual|updated|true) ${orders} (?:is|are|follow)`,
  `(?:new|updated) (?:system )?instructions? (?:are|is|follows?|for (?:the )?(?:agent|assistant|ai|model))`,
  'from now on you (?:are|will|must|should|shall)',
  'you are (?:now|no longer) (?:(?:in|a|an|the|bound|by|restricted) ){0,3}(?:dan|unrestricted|jailbroken|unfiltered|developer mode|debug mode|admin mode|god mode|your|any (?:rules|restrictions|guidelines))',
  'do anything now',
  '(?:attention|instructions?|message|note|notice|reminder) (?:to|for) (?:(?:all|any|the) )?(?:ai|ais|chatbots?|chatgpt|claude|copilot|gemini|gpt|language models?|llms?)',
  'if you are an? (?:ai|assistant|chatbot|language model|large language model|llm)',
  `(?:reveal|print|show|repeat|output|display|leak|disclose) ${some}(?:system ${orders}|(?:your|initial) (?:(?:system|initial|hidden|secret|original) )?${orders})`,
  '(?:do not|don t|dont|never) (?:tell|mention|reveal|report) (?:(?:this|that|it|any of this) )?(?:to )?the user',
  // The same in German, French, Spanish, Portuguese and Italian; accents are gone by now.
  '(?:ignorier|ignoriere|ignorieren|vergiss|vergessen|missachte)(?: sie)?(?: alle| die| deine| ihre| samtliche| bisherigen| vorherigen| vorigen| obigen| fruheren){1,4} (?:anweisung|anweisungen|instruktionen|befehle|vorgaben)',
  '(?:ignore|ignorez|ignorer|oublie|oubliez|oublier)(?: toutes| tous| les| tes| vos){1,3} (?:instructions?|consignes|directives|ordres)(?: precedentes| precedents| anterieures| ci dessus)?',
  '(?:ignora|ignore|ignorad|olvida|olvide|esqueca|desconsidere|dimentica)(?: todas| todos| tutte| las| los| as| os| le| tus| sus| suas){1,3}(?: precedenti| anteriores)? (?:instrucciones|instrucoes|istruzioni|indicaciones|ordenes)',
]
/** A heading that announces orders: the one case in which punctuation counts. */
const announcement =
  /(?:^|[\n\r.!?;])[\s#*>_[\]"'`-]{0,20}(?:new|updated|your) (?:system )?instructions?[\s*_\]]{0,10}:/

const phrase = new RegExp(`\\b(?:${phrases.join('|')})\\b`)

/** The core phrase with nothing between its letters: spaced out, hyphenated or broken by markup. */
const closedUp =
  /(?:ignore|disregard|forget|override)(?:all|any|every|of|the|your|my|these|those){0,4}(?:previous|prior|above|preceding|earlier)(?:system|user|given)?(?:instruction|prompt|directive|guideline)|(?:ignore|disregard|forget)all(?:the|your|of)?instructions/

const digitsForLetters: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '!': 'i',
  '|': 'i',
  '3': 'e',
  '4': 'a',
  '@': 'a',
  '5': 's',
  $: 's',
  '7': 't',
}

const lettersOnly = (text: string): string => text.replaceAll(/[^a-z]+/g, '')

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replaceAll(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|[a-z]{2,8});/g, (_, decimal, hex) => {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : 0x20
    return code <= 0x10ffff ? String.fromCodePoint(code).toLowerCase() : ' '
  })
}

/** True when a text, as it is read and in lower case, tells its reader to drop its orders. */
export function hasOverridePhrase(text: string): boolean {
  const decoded = decodeEntities(text)
  const words = decoded
    .replaceAll(/<[^<>]{0,300}>|%20/g, ' ')
    .replaceAll(/['’]/g, ' ')
    .replaceAll(/[^a-z]+/g, ' ')
  if (phrase.test(words) || announcement.test(decoded)) return true

  const unmarked = decoded.replaceAll(/<[^<>]{0,300}>/g, '')
  if (closedUp.test(lettersOnly(unmarked))) return true
  if (!/[013457@$!|]/.test(unmarked)) return false
  return closedUp.test(
    lettersOnly(unmarked.replaceAll(/[013457@$!|]/g, (sign) => digitsForLetters[sign] ?? sign)),
  )
}
