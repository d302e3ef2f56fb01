/** Language models behind one contract: retries, limits, fallbacks and prices; every failure has a code. */

export { type OllamaModelOptions, ollamaModel } from './ollama/ollama-model.ts'
export { type OpenAiModelOptions, openaiModel } from './openai/openai-model.ts'
export { PRESETS, type Preset } from './openai/presets.ts'
export {
  type DetectedModel,
  type DetectOptions,
  detectModel,
  noModelMessage,
} from './resolve/detect-model.ts'
export { type ListedModel, listModels } from './resolve/list-models.ts'
export { type ModelAliases, type ModelSettings, modelAliasesSchema } from './resolve/model-settings.ts'
export { type ResolveOptions, resolveModel } from './resolve/resolve-model.ts'
export { commandModel } from './without-server/command-model.ts'
export { type HumanModelOptions, humanModel } from './without-server/human-model.ts'
export type { Script, ScriptedReply } from './without-server/script.ts'
export { scriptedModel, scriptedModelFromFile } from './without-server/scripted-model.ts'
