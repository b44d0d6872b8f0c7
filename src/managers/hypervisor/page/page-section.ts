// The certificate of the node's web interface: one of the environment's authority, one that the user supplies, or one that Proxmox orders by ACME. It
// is set by pvenode, which checks that key and certificate match and keeps the previous pair where they do not. The key is never on a command line:
// both files are staged where only root can read, and passed by path.

import type { Action } from '../../../model/action.ts';
import { targetId } from '../../../model/ids.ts';
import { certificateTarget } from '../../dependencies.ts';
import type { Decision, HostReader, Wanted } from '../../manager.ts';
import { act, actions, NOTES, remove, run, textOf } from '../act.ts';
import type { Section } from '../section.ts';
import type { PageSpec, SeenPage } from './page-comparison.ts';
import { pageComparison, secretText } from './page-comparison.ts';
import { acmeDomainsIn, type PageNote, pageFactsOf, parsePageNote, printPageNote, renewPageAt } from './page-facts.ts';

/** `/etc/pve/local` is Proxmox's link to the folder of the current node. */
export const PAGE_FILE = '/etc/pve/local/pveproxy-ssl.pem';
export const NODE_CONFIG = '/etc/pve/local/config';
const FOLDER = `${NOTES}/page`;
const NOTE = `${FOLDER}/note.json`;
const STAGED = { certificate: `${FOLDER}/certificate.pem`, key: `${FOLDER}/key.pem` } as const;
const ROOT = { uid: 0, gid: 0 } as const;
/** Proxmox waits for the authority, at least ten seconds for each domain. */
const ORDER_SECONDS = 900;

export const page: Section<PageSpec, SeenPage, SeenPage> = {
  name: 'page',
  declared({ hypervisor: { pageCertificate }, certificates }) {
    if (pageCertificate === null) return null;
    // The order is for the domains that the node's options name.
    if (pageCertificate.by === 'acme') return { spec: pageCertificate, needs: [targetId('node', 'options')] };
    if (pageCertificate.by === 'files') return { spec: pageCertificate, needs: [] };
    const certificate = certificates.find(({ commonName }) => commonName === pageCertificate.name);
    if (certificate === undefined) return null;
    const { certPath, keyPath } = certificate;
    return { spec: { by: 'certificate', certPath, keyPath }, needs: [certificateTarget(certificate)] };
  },
  impact: () => 'live',
  async inventory(host) {
    return see(host, null);
  },
  quickCheck(seen, wanted) {
    const isKnown = wanted.spec?.by !== 'certificate' || parsePageNote(seen.noted)?.source === wanted.spec.certPath;
    if (!isKnown) return null;
    const decision = decide(wanted, seen);
    return decision.kind === 'actions' && decision.actions.length === 0 ? seen : null;
  },
  observe: (host, { spec }) => see(host, spec?.by === 'certificate' ? spec.certPath : null),
  decide,
  compares: pageComparison,
  isThere: (_wanted, { page: certificate }) => certificate !== null,
  health: () => null,
  due(seen, wanted) {
    // Whether a secret has changed is only known by its digest.
    if (wanted.spec?.by === 'files') return null;
    const decision = decide(wanted, seen);
    const isSettled = decision.kind === 'actions' && decision.actions.length === 0;
    if (!isSettled || seen.page === null) return new Date(seen.now);
    return wanted.spec?.by === 'acme' ? new Date(renewPageAt(seen.page)) : null;
  },
};

/** @param source file of the declared certificate; null: the file named in the note */
async function see(host: HostReader, source: string | null): Promise<SeenPage> {
  const [text, noted, config, staged] = await Promise.all([
    textOf(host, PAGE_FILE),
    textOf(host, NOTE),
    textOf(host, NODE_CONFIG),
    host.inspect(Object.values(STAGED)),
  ]);
  const path = source ?? parsePageNote(noted)?.source ?? null;
  // A guest that mounts the folder could put something there that is not a regular file.
  const isFile = path !== null && (await host.inspect([path])).get(path)?.kind === 'file';
  const found = isFile ? await textOf(host, path) : null;
  return {
    now: Date.now(),
    page: text === null ? null : pageFactsOf(text),
    noted,
    source: found === null ? null : pageFactsOf(found),
    domains: acmeDomainsIn(config ?? ''),
    staged: Object.values(STAGED).filter((each) => staged.has(each)),
  };
}

function decide({ spec, adopt }: Wanted<PageSpec>, seen: SeenPage): Decision {
  const note = parsePageNote(seen.noted);
  if (spec === undefined) return removal(note, seen);
  if (spec.by === 'certificate' && seen.source === null) {
    const reason = `${spec.certPath} holds no certificate yet, which the page of the host is to have`;
    return { kind: 'impossible', reason, passing: true };
  }
  if (spec.by === 'acme' && seen.domains.length === 0) {
    const reason = `${NODE_CONFIG} names no domain for ACME: declare acmedomain0 in node_options of the datacenter`;
    return { kind: 'impossible', reason };
  }
  const other = otherThanDeclared(spec, note, seen);
  if (other !== null) return { kind: 'impossible', reason: other };
  const missing = whatIsMissing(spec, note, seen);
  const isForeign = seen.page !== null && note === null && missing !== null && adopt !== true;
  if (isForeign) {
    const reason = `${PAGE_FILE} was set by somebody else, and would be replaced: let Phoenix have it with phoenix adopt hypervisor/page`;
    return { kind: 'blocked', reason };
  }
  if (missing !== null) return actions(missing);
  return actions(noting(spec, seen), tidying(seen));
}

/** The actions that set the certificate; null where it is already in place. */
function whatIsMissing(spec: PageSpec, note: PageNote | null, seen: SeenPage): Action[] | null {
  switch (spec.by) {
    case 'certificate':
      return seen.page?.fingerprint === seen.source?.fingerprint
        ? null
        : [...claiming(spec, note), copying(spec), ...setting(spec)];
    case 'files': {
      // What the references hold matters only where the page has another certificate.
      if (spec.fingerprint !== undefined && seen.page?.fingerprint === spec.fingerprint) return null;
      const isUnchanged = note?.fingerprint === null || note?.fingerprint === seen.page?.fingerprint;
      return note?.secrets === secretsOf(spec) && isUnchanged && seen.page !== null
        ? null
        : [...writing(spec), ...claiming(spec, note), ...setting(spec)];
    }
    case 'acme':
      return ordering(seen);
    default:
      return spec satisfies never;
  }
}

/** Why the references cannot give the page the certificate of the declared fingerprint: they gave it another one before. Null where they may. */
function otherThanDeclared(spec: PageSpec, note: PageNote | null, { page: present }: SeenPage): string | null {
  if (spec.by !== 'files' || spec.fingerprint === undefined || present === null || note === null) return null;
  const isSet = note.secrets === secretsOf(spec) && (note.fingerprint ?? present.fingerprint) === present.fingerprint;
  return !isSet || present.fingerprint === spec.fingerprint
    ? null
    : `the certificate behind ${spec.chain.$secret} has the fingerprint ${present.fingerprint}, and declared is ${spec.fingerprint}; correct one of them`;
}

/** Notes that the certificate is managed by Phoenix, whatever becomes of this run. */
function claiming(spec: PageSpec, note: PageNote | null): Action[] {
  if (note !== null) return [];
  const text = printPageNote({ ...noteOf(spec), secrets: null, fingerprint: null });
  const content = { from: 'text', text } as const;
  return [
    act('record that Phoenix sets the certificate of the web interface', {
      kind: 'file',
      path: NOTE,
      content,
      mode: 0o600,
    }),
  ];
}

function copying({ certPath, keyPath }: Extract<PageSpec, { by: 'certificate' }>): Action {
  const files = [
    { from: certPath, to: STAGED.certificate, owner: ROOT, mode: 0o600 },
    { from: keyPath, to: STAGED.key, owner: ROOT, mode: 0o600 },
  ];
  return act('copy the certificate and its key for Proxmox’s web interface', { kind: 'place', files });
}

/** First, since a certificate with another fingerprint than the declared one ends the run there. */
function writing({ chain, key, fingerprint }: Extract<PageSpec, { by: 'files' }>): Action[] {
  const files = [
    ['certificate', STAGED.certificate, { secret: chain, fingerprint }],
    ['key', STAGED.key, { secret: key }],
  ] as const;
  return files.map(([what, path, secret]) =>
    act(`write the ${what} for Proxmox’s web interface`, {
      kind: 'file',
      path,
      content: { from: 'secret', ...secret },
      mode: 0o600,
    }),
  );
}

/** The note has no fingerprint yet: the next observation adds it. */
function setting(spec: PageSpec): Action[] {
  const args = ['cert', 'set', STAGED.certificate, STAGED.key, '--force', '1', '--restart', '1'];
  return [
    act('set the certificate of Proxmox’s web interface', run('pvenode', args)),
    writeNote({ ...noteOf(spec), fingerprint: null }),
    remove('remove the temporary files', STAGED.certificate),
    remove('remove the temporary key', STAGED.key),
  ];
}

function ordering({ page: present, domains, now }: SeenPage): Action[] | null {
  if (present === null || present.names.join() !== domains.join()) {
    const args = ['acme', 'cert', 'order', ...(present === null ? [] : ['--force', '1'])];
    const summary = `order a certificate for Proxmox’s web interface by ACME: ${domains.join(', ')}`;
    return [act(summary, run('pvenode', args, { timeoutSeconds: ORDER_SECONDS }))];
  }
  if (now < renewPageAt(present)) return null;
  const args = ['acme', 'cert', 'renew', '--force', '1'];
  return [
    act('renew the certificate of Proxmox’s web interface', run('pvenode', args, { timeoutSeconds: ORDER_SECONDS })),
  ];
}

function noting(spec: PageSpec, { noted, page: present }: SeenPage): Action | null {
  const note = { ...noteOf(spec), fingerprint: present?.fingerprint ?? null };
  return noted === printPageNote(note) ? null : writeNote(note);
}

function noteOf(spec: PageSpec): Omit<PageNote, 'fingerprint'> {
  return {
    by: spec.by,
    source: spec.by === 'certificate' ? spec.certPath : null,
    secrets: spec.by === 'files' ? secretsOf(spec) : null,
  };
}

function secretsOf({ chain, key }: Extract<PageSpec, { by: 'files' }>): string {
  return [chain, key].map(secretText).join('\n');
}

function writeNote(note: PageNote): Action {
  const content = { from: 'text', text: printPageNote(note) } as const;
  const summary = 'record which certificate Proxmox’s web interface has';
  return { ...act(summary, { kind: 'file', path: NOTE, content, mode: 0o600 }), notes: true };
}

function tidying({ staged }: SeenPage): Action[] {
  return staged.map((path) => remove('remove the temporary files', path));
}

/** Returns to the certificate that Proxmox generated; one that somebody set since stays. */
function removal(note: PageNote | null, seen: SeenPage): Decision {
  if (note === null) return actions(tidying(seen));
  const isOurs = seen.page !== null && (note.fingerprint === null || note.fingerprint === seen.page.fingerprint);
  return actions(
    isOurs
      ? act(
          'restore the certificate that Proxmox generated for its web interface',
          run('pvenode', ['cert', 'delete', '1']),
        )
      : null,
    remove('remove the record of the certificate of the web interface', NOTE),
    tidying(seen),
  );
}
