import { InputError } from '@bailiwick/contract'
import { isReplayed } from '../cassette/with-cassette.ts'
import { PRESETS } from '../openai/presets.ts'
import type { ModelSettings } from './model-settings.ts'

/** A provider's base URL and the key for it. */
export interface ProviderAddress {
  baseURL: string
  apiKey: string | undefined
}

/** Looks up a provider's address. @throws InputError if the provider's own server needs a key and none is set. */
export function addressOf(
  provider: string,
  env: NodeJS.ProcessEnv,
  settings: Pick<ModelSettings, 'baseURL' | 'keyVariable'> = {},
): ProviderAddress {
  const preset = PRESETS[provider]
  if (preset === undefined) {
    throw new InputError(`Expected a provider (${Object.keys(PRESETS).join(', ')}), found "${provider}".`)
  }
  const keyVariable = settings.keyVariable ?? preset.keyVariable
  const apiKey = keyVariable === undefined ? undefined : env[keyVariable] || undefined
  const override = settings.baseURL ?? ((preset.urlVariable && env[preset.urlVariable]) || undefined)
  if (override === undefined && apiKey === undefined && !preset.local && !isReplayed(env)) {
    throw new InputError(`Expected an API key for ${provider}, found none. Set ${keyVariable}.`)
  }
  return { baseURL: (override ?? preset.baseURL).replace(/\/+$/, ''), apiKey }
}
