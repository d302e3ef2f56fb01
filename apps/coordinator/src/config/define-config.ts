import type { Config } from './config-schema.ts'

/**
 * Types `bailiwick.config.ts`. It only returns what it is given: the configuration is checked when the
 * command reads it, so that a file without types is checked as well.
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
