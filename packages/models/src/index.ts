/** Language models behind one contract, in the order in which they are met. */

// From a name to a model.
export { type DetectedModel, type DetectOptions, detectModel } from './choose/detect-model.ts'
export { type ListedModel, listModels } from './choose/list-models.ts'
export { type ModelAliases, type ModelSettings, modelAliasesSchema } from './choose/model-settings.ts'
export { noModelMessage } from './choose/no-model-message.ts'
export { type ResolveOptions, resolveModel } from './choose/resolve-model.ts'
// The adapters.
export { type OllamaModelOptions, ollamaModel } from './ollama/ollama-model.ts'
export { type OpenAiModelOptions, openaiModel } from './openai/openai-model.ts'
export { PRESETS, type Preset } from './openai/presets.ts'
export type { Script, ScriptedReply } from './scripted/script.ts'
export { scriptedModel, scriptedModelFromFile } from './scripted/scripted-model.ts'
export { commandModel } from './unserved/command-model.ts'
export { type HumanModelOptions, humanModel } from './unserved/human-model.ts'
