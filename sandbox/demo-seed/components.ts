import type { ComponentTemplate } from './template.js'

/** Published vulnerabilities. Scores are NVD's or the vendor's; EPSS values are rounded and of no particular day. */
const table = `
CVE-2021-44228|maven|org.apache.logging.log4j:log4j-core|2.14.1|2.17.1|JNDI lookups in log messages run code of a remote server (Log4Shell)|Critical|502|AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H|10|0.944|0.9999|2021-12-10|ransomware
CVE-2022-22965|maven|org.springframework:spring-beans|5.3.17|5.3.18|Data binding reaches the class loader (Spring4Shell)|Critical|94|AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H|9.8|0.944|0.9998|2022-04-04|
CVE-2022-42889|maven|org.apache.commons:commons-text|1.9|1.10.0|Variable interpolation runs scripts (Text4Shell)|Critical|94|AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H|9.8|0.942|0.9991||
CVE-2022-1471|maven|org.yaml:snakeyaml|1.33|2.0|The constructor makes objects of any class|Critical|502|AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H|9.8|0.938|0.9986||
CVE-2020-36518|maven|com.fasterxml.jackson.core:jackson-databind|2.13.2|2.13.2.1|Deeply nested objects overflow the stack|High|787|AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H|7.5|0.006|0.68||
CVE-2023-26136|npm|tough-cookie|4.1.2|4.1.3|Prototype pollution through the cookie jar|Critical|1321|AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H|9.8|0.05|0.89||
CVE-2021-23337|npm|lodash|4.17.20|4.17.21|Command injection through the template function|High|94|AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H|7.2|0.006|0.69||
CVE-2022-25883|npm|semver|7.3.7|7.5.2|Regular expression denial of service in new Range|High|1333|AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H|7.5|0.004|0.61||
CVE-2024-4068|npm|braces|3.0.2|3.0.3|Memory runs out on unbalanced braces|High|1050|AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H|7.5|0.003|0.53||
CVE-2021-3807|npm|ansi-regex|5.0.0|5.0.1|Regular expression denial of service on escape codes|High|1333|AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H|7.5|0.003|0.52||
CVE-2023-45857|npm|axios|1.5.1|1.6.0|The XSRF token is sent to every host|Medium|352|AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:N/A:N|6.5|0.002|0.42||
CVE-2024-29041|npm|express|4.18.2|4.19.2|Open redirect through malformed addresses|Medium|601|AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N|6.1|0.002|0.41||
CVE-2019-11358|npm|jquery|3.3.1|3.4.0|Prototype pollution in jQuery.extend|Medium|1321|AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N|6.1|0.03|0.86||
CVE-2023-50447|pypi|pillow|10.1.0|10.2.0|ImageMath.eval runs code from keys of its environment|High|94|AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H|8.1|0.01|0.76||
CVE-2023-30861|pypi|flask|2.2.3|2.2.5|A proxy can cache another client's session cookie|High|539|AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N|7.5|0.003|0.54||
CVE-2023-32681|pypi|requests|2.28.2|2.31.0|Proxy credentials leak to the destination after a redirect|Medium|200|AV:N/AC:H/PR:N/UI:R/S:C/C:H/I:N/A:N|6.1|0.06|0.9||
CVE-2022-40897|pypi|setuptools|65.3.0|65.5.1|Regular expression denial of service in package_index|Medium|1333|AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:H|5.9|0.006|0.67||
CVE-2023-44487|go|golang.org/x/net|0.15.0|0.17.0|HTTP/2 streams opened and reset in quick succession exhaust the server (Rapid Reset)|High|400|AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H|7.5|0.944|0.9997|2023-10-10|
CVE-2024-21626|go|github.com/opencontainers/runc|1.1.5|1.1.12|A leaked file descriptor leads out of the container|High|668|AV:L/AC:L/PR:N/UI:R/S:C/C:H/I:H/A:H|8.6|0.06|0.9||
CVE-2023-4863|debian|libwebp7|1.2.4-0.2|1.2.4-0.2+deb12u1|Heap overflow while reading WebP images|High|787|AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H|8.8|0.94|0.9988|2023-09-13|
CVE-2023-38545|debian|curl|7.88.1-10+deb12u3|7.88.1-10+deb12u4|Heap overflow in the SOCKS5 handshake|Critical|787|AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H|9.8|0.26|0.96||
CVE-2024-6387|debian|openssh-server|1:9.2p1-2+deb12u2|1:9.2p1-2+deb12u3|Signal handler race in sshd runs code before authentication (regreSSHion)|High|364|AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H|8.1|0.38|0.97||
CVE-2022-0778|debian|openssl|1.1.1k-1+deb11u1|1.1.1k-1+deb11u2|A certificate with bad curve parameters loops forever|High|835|AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H|7.5|0.07|0.91||
CVE-2011-3374|debian|apt|2.6.1||apt-key does not check signatures well|Low|347|AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:L/A:N|3.7|0.001|0.35||
CVE-2023-4016|debian|procps|2:4.0.2-3|2:4.0.3-1|ps overflows the heap on long arguments|Low|787|AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:L|3.3|0.0005|0.16||
`

/** {@link ComponentTemplate}s, one a line of the table above. */
export const componentVulnerabilities: readonly ComponentTemplate[] = table
  .trim()
  .split('\n')
  .map((line) => {
    const cells = line.split('|')
    const cell = (index: number): string => cells[index] ?? ''
    return {
      id: cell(0),
      ecosystem: cell(1) as ComponentTemplate['ecosystem'],
      component: cell(2),
      version: cell(3),
      fixed: cell(4),
      summary: cell(5),
      severity: cell(6) as ComponentTemplate['severity'],
      cwe: Number(cell(7)),
      cvssv3: `CVSS:3.1/${cell(8)}`,
      cvssv3_score: Number(cell(9)),
      epss: Number(cell(10)),
      percentile: Number(cell(11)),
      ...(cell(12) && { exploitedSince: cell(12) }),
      ...(cell(13) && { ransomware: true }),
    }
  })
