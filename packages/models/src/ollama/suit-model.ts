import type { OllamaSettings } from './chat-body.ts'
import { DEFAULT_LARGEST, type WindowLimits } from './context-window.ts'
import type { ModelFacts } from './model-facts.ts'

/** What one model instance has learned of its server. */
export interface Learned {
  facts?: ModelFacts
  /** The largest `num_ctx` sent so far. */
  window: number
  /** False once the model has answered that it does not support tools. */
  tools: boolean
}

/** Whether calls go the native way: deepseek-r1 and others have no template for tools. */
export function hasTools(facts: ModelFacts, learned: Learned): boolean {
  return learned.tools && (facts.capabilities?.includes('tools') ?? true)
}

/** The window's bounds: what the model was trained on, and the user's setting or the Modelfile's. */
export function limitsOf(options: { contextTokens?: number | undefined }, facts: ModelFacts): WindowLimits {
  const allowed = options.contextTokens ?? Math.max(DEFAULT_LARGEST, facts.configuredTokens ?? 0)
  return { trained: facts.contextTokens, largest: allowed }
}

/** The settings as this model takes them: `think` is refused by models that cannot, so it is left out. */
export function settingsFor(settings: OllamaSettings, facts: ModelFacts): OllamaSettings {
  const thinks = facts.capabilities?.includes('thinking') ?? true
  return { keepAlive: settings.keepAlive, think: thinks ? settings.think : undefined }
}
