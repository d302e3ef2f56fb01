export interface OpenWorld {
  /** Encoded text of each input, by name. */
  inputs: Record<string, string>
  functions: { name: string; required: string[]; properties: string[]; access?: 'index' }[]
  clock: number
  limits: { sourceChars: number; checkpointChars: number } & Record<string, number>
}

/** What a world tells while it runs. */
export interface WorldDoor {
  print(line: string): void
  call(id: string, name: string, args: string): void
  refused(name: string, message: string): void
}

export type BundleAnswer = { name: string; source: string } | { name: string; refused: string }

export type WorldOutcome =
  | { id: string; ok: true; value: string }
  | { id: string; ok: false; reason: string; message: string }
