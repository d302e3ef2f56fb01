/** For `bailiwick.config.ts`. The command and the daemon themselves have no public API. */

export type { Config, Member } from '@bailiwick/coordinator/config/config-schema'
export { defineConfig } from '@bailiwick/coordinator/config/define-config'
