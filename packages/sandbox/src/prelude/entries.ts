/** The prelude's functions that a world enters the guest by. */
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
] as const
