/** A release of nats-server, with the digests of its archives. */
export interface PinnedRelease {
  readonly version: string
  /** The SHA-256 of each archive, in hexadecimal, by `<system>-<processor>.<tar.gz or zip>`. */
  readonly sha256: Readonly<Record<string, string>>
}

/**
 * The release to download if apt cannot provide one. The digests are in the source, so an attacker who changes the archive
 * on its server or on the network cannot change them as well. `scripts/pin-release.ts` writes this table; compare
 * it with a second source before you commit it. The digests of 2.15.0 are those in the NATS project's Docker images
 * (Linux, Windows) and in independent projects that pin the same release (macOS).
 */
export const PINNED_RELEASE: PinnedRelease = {
  version: '2.15.0',
  sha256: {
    'darwin-amd64.tar.gz': '5bd8b59ca5bf93fab3da2c5843cf564cd6e2e291e22ae3b861746e7ebe259b95',
    'darwin-arm64.tar.gz': 'e1c4e22d70bd44abfa0bcb3c16f7cf0c66f648c2e728c58924e8a1ce88913cc8',
    'linux-386.tar.gz': 'f572eccdbb35ab5c7fef7703a5b6ca49e55d039e441920ba5478972ecdcf7a47',
    'linux-amd64.tar.gz': '5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92',
    'linux-arm6.tar.gz': 'e29421c251dda2003d16b8d503124a0d690d05f4e018923be7e5e64b446e42c2',
    'linux-arm64.tar.gz': 'cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112',
    'linux-arm7.tar.gz': 'ec5f4689d017e07cfa18442e10da051c0f3f9dd2e7f4dc7cdb55a11f1303c952',
    'linux-loong64.tar.gz': 'fdce4b595b4b3a9f83d07ee310334b68a0723c799e969c9ab77f3105158fd64e',
    'linux-ppc64le.tar.gz': 'a402bf73f91f674735cc85aa0e7d06d5dfa3044b98cda6ea9937cfee4e05a266',
    'linux-s390x.tar.gz': 'ac50bf4adc8fa6db575ed9293417b6fbec746e71cc9d360aea5cd447e4207bfc',
    'windows-amd64.zip': '2d0861dc2ca3567d17f7d19611d7b346cc2ccbd7086a0a77cc957a2c71663200',
  },
}
