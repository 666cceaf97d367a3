/** The product's version, as `serverInfo`, `--version` and the User-Agent show it. A test keeps it equal to package.json. */
export const version = '1.0.0'
