import type { Prompt } from './define-prompt.js'
import { importAndReviewScan } from './import-and-review-scan.js'
import { reviewFalsePositives } from './review-false-positives.js'
import { triageFinding } from './triage-finding.js'
import { weeklyPostureReport } from './weekly-posture-report.js'
import { workQueue } from './work-queue.js'

/** Every prompt there is, in the order they are listed. */
export const prompts: readonly Prompt[] = [
  triageFinding,
  workQueue,
  reviewFalsePositives,
  importAndReviewScan,
  weeklyPostureReport,
]
