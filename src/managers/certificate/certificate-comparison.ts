// How a certificate is compared: what the installed one says, its two files, and how it was requested according to the note about it.

import type { TargetId } from '../../model/ids.ts';
import type { FileState } from '../../ports/host.ts';
import {
  type ComparedField,
  type Comparison,
  difference,
  differenceAt,
  type FoundDifference,
  valueField,
} from '../comparison.ts';
import type { CertificateSpec } from './certificate-spec.ts';
import { faultIn, isJustInstalled, temporaryFiles, writeNote } from './decide.ts';
import { CERTIFICATE_MODE, repair } from './install.ts';
import type { CertificateObservation as Seen } from './observe.ts';
import { octal } from './program.ts';
import { renewAt, SKEW_MS } from './renewal.ts';

/** How it was requested is known where a note says so of the files that are declared. */
function requested(name: string, key: 'issuer' | 'lifetimeSeconds'): ComparedField<CertificateSpec, Seen> {
  return valueField(name, [key === 'issuer' ? 'authority' : 'lifetimeSeconds'], {
    declared: ({ authority, lifetimeSeconds }) =>
      key === 'issuer' ? (authority?.by.kind ?? null) : durationOf(lifetimeSeconds),
    observed: (seen, spec) => {
      const { note } = seen;
      if (note === null || note.certificate === null || note.certPath !== spec.certPath) return undefined;
      if (seen.current.facts === null || isJustInstalled(spec, seen)) return undefined;
      return key === 'issuer' ? note.issuer : durationOf(note.lifetimeSeconds);
    },
  });
}

/** `720h`, as the file has it. */
function durationOf(seconds: number | null): string | null {
  if (seconds === null) return null;
  return seconds % 3600 === 0 ? `${seconds / 3600}h` : `${seconds / 60}m`;
}

export const certificateComparison: Comparison<CertificateSpec, Seen> = {
  fields: [
    valueField('sans', ['names'], {
      declared: ({ names }) => names,
      observed: ({ current: { facts } }) => facts?.names,
    }),
    valueField('cert_path', ['certPath'], {
      declared: ({ certPath }) => certPath,
      observed: ({ current: { facts } }, { certPath }) => (facts === null ? null : certPath),
    }),
    valueField('key_path', ['keyPath'], {
      declared: ({ keyPath }) => keyPath,
      observed: ({ current: { facts, key } }, { keyPath }) => {
        if (facts === null) return undefined;
        return key === null ? null : key === facts.publicKey ? keyPath : 'the key of another certificate';
      },
    }),
    {
      name: 'owner',
      of: ['owner'],
      differences: ({ spec }, seen) => {
        const { owner } = seen;
        if (owner === null) return [];
        const ids = filesOf(spec, seen).map(({ uid, gid }) => `${uid}:${gid}`);
        const other = ids.find((each) => each !== `${owner.uid}:${owner.gid}`);
        return other === undefined ? [] : [difference(['owner'], `${spec.owner.user}:${spec.owner.group}`, other)];
      },
    },
    valueField('permissions', ['mode'], {
      declared: ({ mode }) => octal(mode),
      observed: ({ files }, { keyPath }) => {
        const file = files.get(keyPath);
        return file === undefined ? undefined : octal(file.mode);
      },
      asSeen: (spec, { files }) => ({ ...spec, mode: files.get(spec.keyPath)?.mode ?? spec.mode }),
    }),
    requested('issuer', 'issuer'),
    requested('lifetime', 'lifetimeSeconds'),
  ],
  rest: (declared, seen, { spec }) => [
    ...validityDifferences(declared.spec, seen),
    ...modeDifferences(declared.spec, seen),
    ...aftermath(declared.target, spec, seen),
  ],
};

function filesOf({ certPath, keyPath }: CertificateSpec, { files }: Seen): FileState[] {
  return [keyPath, certPath].flatMap((path) => files.get(path) ?? []);
}

/** Who issued it, and how long it holds. */
function validityDifferences({ authority, commonName }: CertificateSpec, { current, now }: Seen): FoundDifference[] {
  const { facts } = current;
  if (facts === null || authority === null) return [];
  const day = (ms: number) => new Date(ms).toISOString();
  const renewal = renewAt(facts, commonName);
  return [
    ...(facts.trusted ? [] : [difference(['authority'], authority.root, 'another authority')]),
    ...(facts.notBefore > now + SKEW_MS
      ? [difference(['validity'], 'valid', `not before ${day(facts.notBefore)}`)]
      : []),
    ...(now >= renewal ? [difference(['validity'], `renewed by ${day(renewal)}`, `until ${day(facts.notAfter)}`)] : []),
  ];
}

function modeDifferences({ certPath }: CertificateSpec, { files, owner }: Seen): FoundDifference[] {
  const file = files.get(certPath);
  return file === undefined || owner === null
    ? []
    : differenceAt([`mode of ${certPath}`], octal(CERTIFICATE_MODE), octal(file.mode));
}

/** What follows once the right files are in place: its user is told, a note is written, and temporary files are removed. */
function aftermath(target: TargetId, spec: CertificateSpec, seen: Seen): FoundDifference[] {
  const { authority, hook } = spec;
  const isInstalled = authority !== null && faultIn(spec, authority, seen) === null && repair(spec, seen).length === 0;
  if (!isInstalled || seen.owner === null) return [];
  const isUntold = seen.user === 'ready' && hook !== null;
  const noted = isUntold || writeNote(target, spec, seen).length === 0;
  return [
    ...(isUntold ? [difference(['its user'], 'has read it', 'has not')] : []),
    ...(noted ? [] : [difference(['note'], 'as installed', seen.note === null ? null : 'another one')]),
    ...temporaryFiles(target, spec, seen).map((path) => difference([path], null, 'left from an interrupted change')),
  ];
}
