import { ToolError } from '../errors.js'

/** What DefectDojo answered, or why it did not. */
export type AnswerOrFailure<Answer> = { readonly answer: Answer } | { readonly failure: ToolError }

/** For those few whose answer it is that DefectDojo does not answer; everyone else lets the failure rise. */
export async function answerOrFailure<Answer>(
  asked: Promise<Answer>,
): Promise<AnswerOrFailure<Answer>> {
  try {
    return { answer: await asked }
  } catch (error) {
    if (!(error instanceof ToolError) || error.code === 'cancelled') throw error
    return { failure: error }
  }
}
