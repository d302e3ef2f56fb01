/** What a `bailiwick.config.ts` imports. The command and the daemon are not a library. */

export type { Config, Member } from '@bailiwick/coordinator/config/config-schema'
export { defineConfig } from '@bailiwick/coordinator/config/define-config'
