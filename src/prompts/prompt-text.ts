/** The parts of a prompt, in the order in which an agent needs them. */
export interface PromptParts {
  /** What is to be done. */
  readonly task: string
  /** Done one after the other. */
  readonly steps: readonly string[]
  /** Hold for every step. */
  readonly rules: readonly string[]
  /** What the user is told at the end. */
  readonly report: string
}

/** What the agent reads. */
export function promptText({ task, steps, rules, report }: PromptParts): string {
  const numbered = steps.map((step, index) => `${index + 1}. ${step}`)
  return [task, '', ...numbered, '', ...rules, `Report: ${report}`].join('\n')
}
