import type { Config } from './config-schema.ts'

/**
 * Gives `bailiwick.config.ts` its types. It returns its argument unchanged; the command checks the configuration when
 * it reads the file, with or without types.
 *
 * @example
 * ```ts
 * import { defineConfig } from 'bailiwick'
 *
 * export default defineConfig({
 *   model: 'ollama/qwen3:8b',
 *   team: ['@bailiwick/agent-analyst', { agent: './agents/legal.ts', level: 3, replicas: 2 }],
 * })
 * ```
 */
export function defineConfig(config: Config): Config {
  return config
}
