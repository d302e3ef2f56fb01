import type { CallContext } from '@bailiwick/contract'

interface Named {
  /** The official one. */
  name: string
}

export interface Country extends Named {
  /** Millions. */
  population: number
  continent: 'Africa' | 'America' | 'Asia' | 'Europe' | 'Oceania'
  capital?: string
  neighbours: readonly string[]
}

type Codes = Record<'alpha2' | 'alpha3', string>

const TABLE: Record<string, number> = { Norway: 5.6, Kenya: 56.4 }

/**
 * Inhabitants of a country.
 *
 * @param country - Its English name.
 * @param inThousands - Instead of millions.
 * @returns Millions, or null where it is unknown.
 * @effect none
 */
export async function population(country: string, inThousands = false): Promise<number | null> {
  const millions = TABLE[country]
  if (millions === undefined) return null
  return inThousands ? millions * 1000 : millions
}

/** Adds a country. @effect idempotent */
export async function addCountry(
  country: Country,
  context: CallContext,
): Promise<{ key: string; name: string }> {
  return { key: context.key, name: country.name }
}

/** Countries that fit. */
export const find = ({
  codes,
  limit = 10,
  above,
}: {
  codes?: Codes
  limit?: number
  above: number | string | null
}) => `${JSON.stringify(codes)} ${limit} ${above}`

/** Not a tool. @internal */
export function forget(): void {}

/** Now. */
function now(): string {
  return 'now'
}

export { now }
export const VERSION = 1
