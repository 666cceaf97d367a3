/** The key of the printed test vector of behaviour spec §5.3. */
export const vectorKey = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'
/** Two consecutive lines as the reference server writes them. */
export const vectorLines = [
  `{"timestamp": "2026-01-02T03:04:05.678901+00:00", "level": "INFO", "logger": "mcp_defectdojo.audit_logging", "message": "Audit chain start", "event_type": "lifecycle", "chain_event": "chain_start", "resumed_from_prior": false, "prior_chain_tail": null, "prior_tail_status": "no_prior_file", "retention_class": "operational", "integrity_hmac": "c39e30c5eafdbc143aeb8226f87031e3e6f4e94e949966b8570d5648daa30ea3"}`,
  String.raw`{"timestamp": "2026-01-02T03:04:06+00:00", "level": "INFO", "logger": "mcp_defectdojo.audit_logging", "message": "Tool call completed", "event_type": "audit", "tool_name": "add_finding_tags", "request_id": "7", "caller_id": "anonymous", "authenticated_caller_id": "ci", "request_params": {"finding_id": 42, "tags": ["severity:high", "caf\u00e9 \u2014 \ud83d\ude00"]}, "outcome": "success", "duration_ms": 12.0, "findings_read_before_mutation": [3, 7], "retention_class": "security_audit", "integrity_hmac": "7f6a0f3a7d603e90259a63776fc7364b7b969ba6f826dd189e18af5d9f7b9c57"}`,
]
