import { InputError } from '@bailiwick/contract'
import { PRESETS } from '../openai/presets.ts'

/** What a model's name means. */
export type ModelSpec =
  | { kind: 'human' }
  | { kind: 'scripted'; file: string }
  | { kind: 'command'; command: string }
  | { kind: 'ollama'; model: string }
  | { kind: 'openai'; provider: string; model: string }

/** @throws InputError for a name that means nothing, with what there is. */
export function parseSpec(spec: string, aliases: readonly string[] = []): ModelSpec {
  if (spec === 'human') return { kind: 'human' }
  const [, scheme, rest] = /^(scripted|command):(.+)$/s.exec(spec) ?? []
  if (scheme === 'scripted' && rest) return { kind: 'scripted', file: rest }
  if (scheme === 'command' && rest) return { kind: 'command', command: rest }
  const slash = spec.indexOf('/')
  const provider = spec.slice(0, Math.max(0, slash))
  const model = spec.slice(slash + 1)
  if (model !== '' && provider === 'ollama') return { kind: 'ollama', model }
  if (model !== '' && Object.hasOwn(PRESETS, provider)) return { kind: 'openai', provider, model }
  const providers = ['ollama', ...Object.keys(PRESETS)].join(', ')
  const named = aliases.length === 0 ? '' : `, an alias of the configuration (${aliases.join(', ')})`
  throw new InputError(
    `"${spec}" names no model: wanted <provider>/<model> with one of ${providers}${named}, scripted:<file>, command:<program> or human. Example: ollama/qwen3:8b.`,
  )
}
