/** What a `bailiwick.config.ts` imports. The command and the daemon are not a library. */

export type { Config, Member } from './config/config-schema.ts'
export { defineConfig } from './config/define-config.ts'
