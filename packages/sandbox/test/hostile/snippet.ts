/**
 * How a hostile step must end. `done`: by itself, with nothing gained. `refused`: with an error in the code. `stopped`:
 * by a limit, with its turn voided. `either`: by itself or by a limit, depending on the version of the engine.
 */
export type Ending = 'done' | 'refused' | 'stopped' | 'either'

/** What a snippet tries, how it must end, its code, and the preview that it must leave if that shows more. */
export type Snippet = readonly [tries: string, ending: Ending, code: string, preview?: string]
