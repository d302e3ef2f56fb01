/**
 * How a hostile step must end. `done`: by itself, nothing gained. `refused`: with an error in the
 * code. `stopped`: by a limit, the turn undone. `either`: by itself or stopped, as the engine's
 * version has it.
 */
export type Ending = 'done' | 'refused' | 'stopped' | 'either'

/** What it tries, how it must end, the code, and where that says most: the preview it must leave. */
export type Snippet = readonly [tries: string, ending: Ending, code: string, preview?: string]
