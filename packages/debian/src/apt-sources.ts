/** One binary package index that apt of this machine is configured with. */
export interface AptIndex {
  readonly site: string
  readonly release: string
  readonly component: string
}

/** The `--format` for `apt-get indextargets` that {@link parseIndexTargets} reads. */
export const INDEX_FORMAT = '$(SITE) $(RELEASE) $(COMPONENT)'

export function parseIndexTargets(output: string): AptIndex[] {
  return output.split('\n').flatMap((line) => {
    const [site, release, component] = line.trim().split(' ')
    return site && release && component ? [{ site, release, component }] : []
  })
}

/** What /etc/os-release says, as far as it matters here. */
export interface OsRelease {
  readonly id: string
  readonly codename: string
}

export function parseOsRelease(text: string): OsRelease {
  const value = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? ''
  return { id: value('ID'), codename: value('VERSION_CODENAME') }
}

/** A suite of a mirror to try, in order of preference. */
export interface AptSource {
  readonly line: string
  readonly suite: string
}

/** Where a package is, and where a newer one may be. */
export interface SuiteWishes {
  /** Suites to try before the machine's own, by distribution: `{ debian: ['forky'] }`. */
  readonly newerSuites?: Readonly<Record<string, readonly string[]>>
  /** The component that holds it, by distribution. Default `main`. */
  readonly components?: Readonly<Record<string, string>>
}

/**
 * The mirrors of the distribution itself among all that the machine is configured with, each with the
 * suites that may hold the package. A component is used also where the machine itself does not use it.
 */
export function aptSources(
  indexes: readonly AptIndex[],
  { id, codename }: OsRelease,
  { newerSuites, components }: SuiteWishes = {},
): AptSource[] {
  const keyring = KEYRINGS[id]
  if (keyring === undefined || !codename) return []
  const releasesAt = (site: string) =>
    indexes.filter((index) => index.site === site).map(({ release }) => release)
  // Third parties also name suites after the codename, but have no -updates or -security beside it.
  const rank = (site: string) =>
    releasesAt(site).filter((release) => release.startsWith(`${codename}-`)).length
  const sites = new Set(
    indexes
      .filter(({ release, component }) => release === codename && component === 'main')
      .map(({ site }) => site),
  )
  const suites = [...(newerSuites?.[id] ?? []), codename]
  const component = components?.[id] ?? 'main'
  return [...sites]
    .sort((a, b) => rank(b) - rank(a))
    .flatMap((site) =>
      suites.map((suite) => ({
        suite,
        // Packages alone: some machines are set to fetch icons and translations, too.
        line: `deb [target=Packages signed-by=${keyring}] ${site} ${suite} ${component}`,
      })),
    )
}

const KEYRINGS: Readonly<Record<string, string | undefined>> = {
  debian: '/usr/share/keyrings/debian-archive-keyring.gpg',
  ubuntu: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
}
