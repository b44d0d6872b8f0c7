// How exports are compared: each folder for each client with what the kernel exports, and Phoenix's file for the next start of the host.

import { type Comparison, difference, type FoundDifference, textDifference } from '../../comparison.ts';
import type { Units } from '../units.ts';
import { unitDifference } from '../units.ts';
import { type Export, exportsText, exportsToWithdraw, OWN_FILE, readExports, sameExport } from './exports.ts';
import { type ExportOptions, exportOptions, optionWord } from './options.ts';

export type NfsSpec = {
  readonly exports: readonly Export[];
  readonly folders: readonly Folder[];
};

export interface Folder {
  readonly path: string;
  /** Whether it is created when missing: it is in a managed dataset or below an exported folder. */
  readonly make: boolean;
  readonly uid: number;
  readonly gid: number;
}

export interface Facts {
  readonly own: string | null;
  /** Exports of a change that was begun; null once the file is written. */
  readonly begun: string | null;
  /** Exports in files that people own. */
  readonly foreign: readonly (Export & { readonly file: string })[];
  readonly active: readonly Export[];
  readonly units: Units;
}

export interface SeenNfs extends Facts {
  readonly missing: ReadonlySet<string>;
}

const EXPORTS = ['nfs', 'exports'];

export const nfsComparison: Comparison<NfsSpec, SeenNfs> = {
  fields: [
    {
      name: EXPORTS.join('.'),
      of: ['exports'],
      differences: ({ spec: { exports } }, seen) => [
        ...exports.flatMap((each) => exportDifferences(each, seen.active)),
        ...exportsToWithdraw(seen, exports).map((each) => difference(wayTo(each), null, written(each))),
      ],
    },
  ],
  rest({ spec }, seen) {
    const missing = spec.folders.filter(({ path }) => seen.missing.has(path));
    const begun = seen.begun === null ? [] : [difference(['change of exports'], 'ended', 'begun')];
    return [
      ...fileDifference(spec, seen),
      ...missing.map(({ path }) => difference([path], 'a folder', null)),
      ...unitDifference('nfs-server.service', seen.units),
      ...begun,
    ];
  },
};

/** A client is part of the list of its folder's entry. */
function wayTo({ path, client }: Export) {
  return [...EXPORTS, { name: `${path} ${client}`, is: { path } }];
}

function written({ path, client, options }: Export) {
  return { path, client, options };
}

/** The kernel says every option, so that only those are shown that differ. */
function exportDifferences(each: Export, active: readonly Export[]): FoundDifference[] {
  const now = active.find((one) => sameExport(one, each));
  if (now === undefined) return [difference(wayTo(each), written(each), null)];
  const [wanted, present] = [exportOptions(each.options), exportOptions(now.options)];
  const names = [...new Set([...wanted.keys(), ...present.keys()])].filter(
    (name) => wanted.get(name) !== present.get(name),
  );
  if (names.length === 0) return [];
  return [difference([...wayTo(each), 'options'], wordsOf(wanted, names), wordsOf(present, names))];
}

function wordsOf(options: ExportOptions, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const value = options.get(name);
    return value === undefined ? [] : [optionWord(name, value)];
  });
}

/** The file is not named beside exports that differ, where it says what the kernel has. */
function fileDifference({ exports }: NfsSpec, seen: SeenNfs): FoundDifference[] {
  const { own, active } = seen;
  const differs = (each: Export) => exportDifferences(each, active).length > 0;
  const inFile = own === null ? [] : readExports(own);
  const isKernels = own !== null && own === exportsText(inFile) && !inFile.some(differs);
  const isNamed = exports.some(differs) || exportsToWithdraw(seen, exports).length > 0;
  return isKernels && isNamed ? [] : textDifference(OWN_FILE, exportsText(exports), own);
}
