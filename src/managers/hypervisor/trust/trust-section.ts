// The host trusts the environment's own authority: its root certificate, as published by the authority's container, is installed in the system's
// trust store.

import { X509Certificate } from 'node:crypto';
import { type Comparison, difference } from '../../comparison.ts';
import { caOf, guestTarget } from '../../dependencies.ts';
import { hostPathOf } from '../../guest/mounted-paths.ts';
import { runInside } from '../../guest/proxmox/command.ts';
import { publishedText } from '../../guest/published.ts';
import type { Decision, HostReader, Wanted } from '../../manager.ts';
import { ROOT_ON_NODE } from '../../trusted-root.ts';
import { act, actions, digest, NOTES, remove, run, textOf, write } from '../act.ts';
import type { Section } from '../section.ts';

/** The link that `update-ca-certificates` creates for OpenSSL. */
const INSTALLED_FILE = '/etc/ssl/certs/phoenix-root.pem';
/** Where the feature step_ca publishes the root inside the container. */
const PUBLISHED = '/etc/step-ca/ssl/root_ca.crt';
const INSIDE = '/etc/step-ca/certs/root_ca.crt';

/**
 * Records the path where the root was last published, so that an inventory finds it, and the digest of the root that was installed: the link in the
 * trust store appears before the bundle is complete, so it proves nothing.
 */
const NOTE = `${NOTES}/trust.json`;

interface Note {
  readonly published: string | null;
  readonly root: string;
}

type TrustSpec = {
  readonly ca: number;
  /** The published root, read from the host's folder; null where the container mounts no folder for it, and it is read inside the container. */
  readonly published: string | null;
};

interface Seen {
  readonly published: string | null;
  readonly trusted: string | null;
  readonly installed: string | null;
  /** Content of the note. */
  readonly noted: string | null;
}

/** The root follows from the container of the authority, so that there is no field for it. */
const compares: Comparison<TrustSpec, Seen> = {
  fields: [],
  rest({ spec: { ca, published: path } }, { published, trusted, installed, noted }) {
    if (published === null) return [];
    const named = (pem: string) => `SHA-256 ${digest(pem)}`;
    const note: Note = { published: path, root: digest(published) };
    if (trusted !== published)
      return [
        difference([ROOT_ON_NODE], `${named(published)}, of lxc/${ca}`, trusted === null ? null : named(trusted)),
      ];
    return installed === published && noted === noteText(note)
      ? []
      : [difference([INSTALLED_FILE], named(published), installed === null ? null : 'not proved')];
  },
};

export const trust: Section<TrustSpec, Seen, Seen> = {
  name: 'trust',
  declared(config) {
    const ca = caOf(config);
    if (ca === null) return null;
    const spec: TrustSpec = { ca: ca.id, published: hostPathOf(ca, PUBLISHED) };
    const needs = [guestTarget(ca)];
    return { spec, needs, within: needs };
  },
  impact: () => 'live',
  async inventory(host) {
    const noted = await textOf(host, NOTE);
    return see(host, noted, noteIn(noted)?.published ?? null);
  },
  quickCheck(seen, { spec }) {
    const published = noteIn(seen.noted)?.published ?? null;
    return spec === undefined || (published !== null && published === spec['published']) ? seen : null;
  },
  observe,
  decide: ({ spec }, seen) => (spec === undefined ? removal(seen) : decisionFor(spec, seen)),
  compares,
  isThere: (_wanted, { installed }) => installed !== null,
  health: () => null,
};

function noteText(note: Note): string {
  return `${JSON.stringify(note)}\n`;
}

function noteIn(text: string | null): Note | null {
  return text === null ? null : JSON.parse(text);
}

async function observe(host: HostReader, { spec }: Wanted<TrustSpec>): Promise<Seen> {
  const noted = await textOf(host, NOTE);
  if (spec === undefined) return see(host, noted, null);
  const { ca, published } = spec;
  if (published !== null) return see(host, noted, published);
  const { exit, stdout } = await host.run(runInside('pct', ca, ['cat', INSIDE], 30));
  return { ...(await see(host, noted, null)), published: exit === 0 ? stdout : null };
}

async function see(host: HostReader, noted: string | null, path: string | null): Promise<Seen> {
  const [published, trusted, installed] = await Promise.all([
    path === null ? null : publishedText(host, path),
    textOf(host, ROOT_ON_NODE),
    textOf(host, INSTALLED_FILE),
  ]);
  return { published, trusted, installed, noted };
}

function decisionFor({ ca, published: path }: TrustSpec, { published, trusted, installed, noted }: Seen): Decision {
  if (published === null) {
    const where = path === null ? `${INSIDE} in container ${ca}` : `${path}`;
    return {
      kind: 'impossible',
      reason: `the authority in lxc/${ca} has not published its root: ${where} is missing`,
      passing: true,
    };
  }
  const fault = rootRefusal(published);
  if (fault !== null) return { kind: 'impossible', reason: `the root that lxc/${ca} publishes is not taken: ${fault}` };
  const note: Note = { published: path, root: digest(published) };
  const text = noteText(note);
  return actions(
    trusted === published ? null : write(`trust the root certificate of lxc/${ca}`, ROOT_ON_NODE, published, trusted),
    installed === published && trusted === published && noteIn(noted)?.root === note.root
      ? null
      : act(
          'put it among the certificates of the system',
          run('update-ca-certificates', trusted === null ? [] : ['--fresh']),
        ),
    noted === text ? null : write('record that the system trusts the root certificate', NOTE, text, noted),
  );
}

/** Why a certificate is not a root; null for a self-signed certificate authority. */
function rootRefusal(pem: string): string | null {
  try {
    const certificate = new X509Certificate(pem);
    if (!certificate.ca) return 'it is no certificate of an authority';
    return certificate.verify(certificate.publicKey) ? null : 'it is not signed by itself';
  } catch {
    return 'it is no certificate';
  }
}

function removal({ trusted, installed, noted }: Seen): Decision {
  if (trusted === null && installed === null && noted === null) return actions();
  return actions(
    trusted === null ? null : remove('remove the file of the root certificate', ROOT_ON_NODE),
    act('remove the root certificate from those of the system', run('update-ca-certificates', ['--fresh'])),
    noted === null ? null : remove('remove the record of the root certificate', NOTE),
  );
}
