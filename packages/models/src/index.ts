/** Language models behind one contract, in the order in which they are met. */

// The adapters.
export { type OllamaModelOptions, ollamaModel } from './ollama/ollama-model.ts'
export { type OpenAiModelOptions, openaiModel } from './openai/openai-model.ts'
export { PRESETS, type Preset } from './openai/presets.ts'
// From a name to a model.
export { type DetectedModel, type DetectOptions, detectModel } from './resolve/detect-model.ts'
export { type ListedModel, listModels } from './resolve/list-models.ts'
export { type ModelAliases, type ModelSettings, modelAliasesSchema } from './resolve/model-settings.ts'
export { noModelMessage } from './resolve/no-model-message.ts'
export { type ResolveOptions, resolveModel } from './resolve/resolve-model.ts'
export { commandModel } from './without-server/command-model.ts'
export { type HumanModelOptions, humanModel } from './without-server/human-model.ts'
export type { Script, ScriptedReply } from './without-server/script.ts'
export { scriptedModel, scriptedModelFromFile } from './without-server/scripted-model.ts'
