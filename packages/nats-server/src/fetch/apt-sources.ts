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

/**
 * The mirrors of the distribution itself among all that the machine is configured with, each with the
 * suites that may hold a nats-server.
 *
 * Debian's releases before forky have a nats-server without security fixes, so forky's is tried first.
 * Ubuntu has it in universe, also where the machine itself does not use universe.
 */
export function aptSources(indexes: readonly AptIndex[], { id, codename }: OsRelease): AptSource[] {
  const distribution = DISTRIBUTIONS[id]
  if (!distribution || !codename) return []
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
  const suites = [...distribution.suites, codename]
  return [...sites]
    .sort((a, b) => rank(b) - rank(a))
    .flatMap((site) =>
      suites.map((suite) => ({
        suite,
        // Packages alone: some machines are set to fetch icons and translations, too.
        line: `deb [target=Packages signed-by=${distribution.keyring}] ${site} ${suite} ${distribution.component}`,
      })),
    )
}

const DISTRIBUTIONS: Readonly<Record<string, { keyring: string; component: string; suites: string[] }>> = {
  debian: {
    keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
    component: 'main',
    suites: ['forky'],
  },
  ubuntu: {
    keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    component: 'universe',
    suites: [],
  },
}
