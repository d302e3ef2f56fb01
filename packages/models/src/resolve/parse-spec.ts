import { InputError, nearestNames } from '@bailiwick/contract'
import { PRESETS } from '../openai/presets.ts'

/** A parsed model name. */
export type ModelSpec =
  | { kind: 'human' }
  | { kind: 'scripted'; file: string }
  | { kind: 'command'; command: string }
  | { kind: 'ollama'; model: string }
  | { kind: 'openai'; provider: string; model: string }

/** Parses a model's name. @throws InputError for an unknown form, with the known ones and the nearest name. */
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
  throw new InputError(unknownModel(spec, provider, model, aliases))
}

function unknownModel(spec: string, provider: string, model: string, aliases: readonly string[]): string {
  const providers = ['ollama', ...Object.keys(PRESETS)]
  const alias = aliases.length === 0 ? '' : `, an alias of the configuration (${aliases.join(', ')})`
  const [meant] =
    provider === ''
      ? nearestNames(spec, aliases)
      : nearestNames(provider, providers).map((near) => `${near}/${model}`)
  const advice = meant === undefined ? 'Example: ollama/qwen3:8b.' : `Did you mean "${meant}"?`
  return `Expected a model as <provider>/<model> (providers: ${providers.join(', ')})${alias}, scripted:<file>, command:<program> or human; found "${spec}". ${advice}`
}
