/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`test/audit/verify-command.test.ts > TAP > the report has everything an auditor asks for (A15) > must match snapshot 1`] = `
audit.jsonl.20260102T030410Z-000000000004: 2185 bytes, 4 lines
audit.jsonl: 2278 bytes, 4 lines
chain <uuid>
  records      8 right, seq 1 to 8, 4423 bytes in 2 files
  time         2026-01-02T03:04:06.678000+00:00 to 2026-01-02T03:04:14.678000+00:00
  keys         <key>
  attested     2 checkpoints, the last one seq 7 of 2026-01-02T03:04:13.678000+00:00; UNATTESTED TAIL: 1 record after it
  in doubt     1: <uuid>
  event        seq 1, 2026-01-02T03:04:06.678000+00:00: chain_start (no_prior_file)
  event        seq 5, 2026-01-02T03:04:11.678000+00:00: file_opened (rotated)
audit.jsonl:5: torn record of 40 bytes (what a crash leaves, acknowledged to nobody)
Records after the last checkpoint could be cut off unseen. A server that runs attests them within a minute; else give --checkpoints from the SIEM.
Calls in doubt were announced, and nobody recorded their end: look at DefectDojo.
intact

`
