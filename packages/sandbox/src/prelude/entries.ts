/** The prelude's functions that the child calls. */
export const ENTRIES = [
  'open',
  'declare',
  'constants',
  'beginStep',
  'runStep',
  'deliver',
  'cancel',
  'collect',
  'endStep',
  'input',
  'bundle',
  'checkpoint',
  'restore',
  'completed',
] as const
