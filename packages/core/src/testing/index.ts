/** Test doubles for authors of agents: a model that follows a script, and a sandbox in this process. */
export { inlineSandbox } from './inline-sandbox.ts'
export { type Script, type ScriptedReply, scriptedModel } from './scripted-model.ts'
export { type Trial, type TrialOptions, tryTask } from './try-task.ts'
