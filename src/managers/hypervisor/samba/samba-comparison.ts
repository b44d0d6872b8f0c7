// How the SMB shares of the host are compared: by their names in Phoenix's own file, which Samba includes.

import { type Comparison, difference, listField, textDifference } from '../../comparison.ts';
import type { Share } from '../declared.ts';
import type { PreviousFiles } from '../file-rollback.ts';
import type { Units } from '../units.ts';
import { unitDifference } from '../units.ts';
import { MAIN_FILE, OWN_FILE, toldText } from './files.ts';
import { mainText, readShares, sharesText } from './shares.ts';

export type SambaSpec = {
  /** The owner of created folders. */
  readonly user: string;
  readonly shares: readonly Share[];
  /** Folders in managed datasets, which are created when missing. */
  readonly make: readonly string[];
};

export interface Facts {
  readonly own: string | null;
  /** Samba's main file; null where Samba is not installed. */
  readonly main: string | null;
  readonly staged: { readonly own: string | null; readonly main: string | null };
  /** Digest of the configuration that Samba loaded last. */
  readonly told: string | null;
  /** The files before a change that is not confirmed yet. */
  readonly unproved: PreviousFiles | null;
  readonly passwd: string;
  readonly units: Units;
}

export interface SeenSamba extends Facts {
  readonly missing: ReadonlySet<string>;
}

export const sambaComparison: Comparison<SambaSpec, SeenSamba> = {
  fields: [
    listField('samba.shares', ['shares'], {
      by: ['name'],
      declared: ({ shares }) => shares.map(writtenShare),
      observed: ({ own }) => (own === null ? undefined : readShares(own).map(writtenShare)),
      asSeen: (spec, { own }) => (own === null ? spec : { ...spec, shares: readShares(own) }),
    }),
  ],
  rest({ spec: { shares } }, { own, main, told, missing, units }, { spec: written }) {
    const stopped = unitDifference('smbd.service', units);
    const stale =
      stopped.length === 0 && told !== toldText(own, main ?? '')
        ? [difference(['smbd.service'], 'has read its settings', 'has not')]
        : [];
    const folders = [...new Set(written.shares.map(({ path }) => path))].filter((path) => missing.has(path));
    return [
      ...textDifference(OWN_FILE, sharesText(shares), own),
      ...(main === null ? [] : textDifference(MAIN_FILE, mainText(main, OWN_FILE), main)),
      ...folders.map((path) => difference([path], 'a folder', null)),
      ...stopped,
      ...stale,
    ];
  },
};

function writtenShare({ name, path, validUsers, browsable, readOnly, guestOk }: Share) {
  return { name, path, valid_users: validUsers, browsable, read_only: readOnly, guest_ok: guestOk };
}
