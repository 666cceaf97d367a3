import { join } from 'node:path'

/** The file that plays the part of `AUDIT_LOG_FILE` in `AUDIT_SPOOL_DIR`. */
export const spoolFileIn = (directory: string): string => join(directory, 'audit-spool.jsonl')
