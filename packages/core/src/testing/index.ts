/** Test doubles for whoever writes agents: a model that says what it is told, and a world without walls. */
export { inlineSandbox } from './inline-sandbox.ts'
export { type Script, type ScriptedReply, scriptedModel } from './scripted-model.ts'
export { type Trial, type TrialOptions, tryTask } from './try-task.ts'
