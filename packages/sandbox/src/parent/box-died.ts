import { SandboxError } from '@bailiwick/contract/world'

/** A child died while nothing new ran in it: another one can be brought to where it was. */
export class BoxDied extends SandboxError {}
