/** The entry of the script that runs inside the isolate before any guest code. */
import { install as installPrelude } from '../prelude/main.ts'
import { installFunctionSource } from './function-source.ts'

/** Defines the guest's world, in which functions show their source without the edits of the rewriting. */
export const install: typeof installPrelude = (door) => {
  installFunctionSource()
  return installPrelude(door)
}
