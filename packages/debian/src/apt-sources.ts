/** A package index in this machine's apt configuration. */
export interface AptIndex {
  readonly site: string
  readonly release: string
  readonly component: string
}

/** The `--format` of `apt-get indextargets` that {@link parseIndexTargets} parses. */
export const INDEX_FORMAT = '$(SITE) $(RELEASE) $(COMPONENT)'

export function parseIndexTargets(output: string): AptIndex[] {
  return output.split('\n').flatMap((line) => {
    const [site, release, component] = line.trim().split(' ')
    return site && release && component ? [{ site, release, component }] : []
  })
}

/** The fields of /etc/os-release that choose a mirror. */
export interface OsRelease {
  readonly id: string
  readonly codename: string
}

export function parseOsRelease(text: string): OsRelease {
  const value = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? ''
  return { id: value('ID'), codename: value('VERSION_CODENAME') }
}

/** A suite on a mirror, as a line of sources.list. */
export interface AptSource {
  readonly line: string
  readonly suite: string
}

/** The parts of the archive that hold a package. */
export interface ArchiveParts {
  /** Suites to try before the machine's own suite, by distribution: `{ debian: ['forky'] }`. */
  readonly newerSuites?: Readonly<Record<string, readonly string[]>>
  /** The component that holds the package, by distribution. Default: `main`. */
  readonly components?: Readonly<Record<string, string>>
}

/**
 * Selects the distribution's own mirrors from the machine's configuration, and lists for each the suites that may
 * hold the package, best first. The component need not be enabled on the machine.
 */
export function aptSources(
  indexes: readonly AptIndex[],
  { id, codename }: OsRelease,
  { newerSuites, components }: ArchiveParts = {},
): AptSource[] {
  const keyring = KEYRINGS[id]
  if (keyring === undefined || !codename) return []
  const releasesAt = (site: string) =>
    indexes.filter((index) => index.site === site).map(({ release }) => release)
  // Third parties also name suites after the codename, but have no -updates or -security suite.
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
        // Only package lists: some machines are configured to fetch icons and translations too.
        line: `deb [target=Packages signed-by=${keyring}] ${site} ${suite} ${component}`,
      })),
    )
}

const KEYRINGS: Readonly<Record<string, string | undefined>> = {
  debian: '/usr/share/keyrings/debian-archive-keyring.gpg',
  ubuntu: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
}
