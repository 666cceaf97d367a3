/** Text that poses as the system speaking (behaviour spec §7.5, rule 2), without the false alarms of W-37. */

/** Tags and delimiters of chat formats. `<system.web>` and the like are configuration and pass. */
const markers: readonly RegExp[] = [
  /<\s*\/?\s*system(?:[-_ ]?(?:prompt|message|reminder|instructions?))?(?:\s[^<>]{0,300})?\s*\/?>/i,
  /<\|[^|<>\n]{0,30}\b(?:system|im_start|im_end|assistant|start_header_id|endofprompt)\b[^|<>\n]{0,30}\|>/i,
  /<<\s*\/?\s*SYS\s*>>|\[\/?INST\]|\[\/?SYSTEM\]/i,
  /(?:^|[\n\r.!?;])[\s#*>|_[\]"'`-]{0,20}system[ \t]{1,5}(?:prompt|override|instructions?)[\s*_\]"'`]{0,10}:/i,
]

/** "SYSTEM:" wherever a speaker's name can stand: at the start of the text, of a line or of a sentence. */
const speaker =
  /(?:^|[\n\r.!?;:()"'`|])[\s#*>|_[\]"'`-]{0,20}\bsystem[*_\]"'`]{0,4}\s{0,20}:(.{0,60})/gis

/** What a report names after "System:" when it describes the machine. */
const platform =
  /^[\s*_"'`]{0,10}(?:windows|win\d|linux|ubuntu|debian|mac ?os|os ?x|centos|red ?hat|rhel|fedora|suse|alpine|oracle|solaris|aix|hp-?ux|(?:free|open|net)bsd|unix|android|ios|ipados|cisco|junos|fortios|vmware|esxi?|docker|kubernetes|k8s|aws|azure|gcp|x86|x64|amd64|arm|java|node|python|\.net|php|kernel|version|v?\d|n\/a|unknown|none|not |all |any |host|srv|server|https?:|\w+[-.]\w+[-.\w]*(?:\s|$))/i

/** Kubernetes' own users and groups. */
const kubernetesName =
  /^(?:serviceaccounts?|nodes?|masters?|anonymous|(?:un)?authenticated|kube|public-info|bootstrap|aggregate|controller|monitoring|volume|certificates|basic-user|discovery|auth-delegator|metrics|openshift|image|build|deployer|router|admin)/

/** `SYSTEM:` in capitals after a word that is not: no heading and no part of "OPERATING SYSTEM:". */
const shouted = /(?:^|[^\w\s]|[\s](?<!\b[A-Z]{2,}\s))\s{0,5}SYSTEM\s{0,20}:/

/** True when a text, as it is read, poses as a system message. */
export function hasAuthorityMarker(text: string): boolean {
  if (!/sys|inst\]|<\|/i.test(text)) return false
  if (markers.some((marker) => marker.test(text))) return true
  if (shouted.test(text)) return true
  for (const [, rest = ''] of text.matchAll(speaker)) {
    if (rest.trim() === '' || platform.test(rest) || kubernetesName.test(rest)) continue
    return true
  }
  return false
}
