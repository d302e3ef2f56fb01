/** A task's JavaScript world, which outlives its process. */

export type { CodeTask, WorldOptions } from './code-task.ts'
export { CodeWorld } from './code-world.ts'
export { type ReplayedStep, type ReplayOptions, replayTask } from './replay-task.ts'
