// Reads the file of containers. Each entry is checked on its own: an invalid one does not affect the others.

import { z } from 'zod';
import { parse } from '../../config/read/parse.ts';
import { parseParts } from '../../config/read/parse-parts.ts';
import { type Place, placeIn } from '../../config/read/place.ts';
import { markingOf } from '../../config/written-marks.ts';
import { targetId } from '../../model/ids.ts';
import type { Declaration, Reading } from '../declaration.ts';
import { byId, type GuestContext, type GuestEntry } from '../guest/entry.ts';
import { idleFieldsOf } from '../guest/idle-fields.ts';
import { scriptsNamedBy } from '../guest/script-files.ts';
import { LXC_FILE } from '../places.ts';
import type { LxcGuest } from './declared.ts';
import { modernLxc } from './legacy.ts';
import { type LxcFileDefaults, normaliseLxc } from './normalise.ts';
import {
  idMapsAreApart,
  managedInterfacesHaveAnAddress,
  mountPathsAreUnique,
  mountsAreForPrivileged,
  volumeNamesAreUnique,
} from './rules.ts';
import { lxcFile, lxcGuest } from './schema.ts';

const envelope = lxcFile.extend({ lxc_configs: z.record(z.string(), z.unknown()) });
const MARKS = markingOf(lxcGuest, idleFieldsOf('lxc'));

export const declaration: Declaration = {
  files: [
    {
      name: 'phoenix_lxc_configs',
      shortName: 'lxc',
      path: LXC_FILE,
      schema: lxcFile,
      ifEmpty: 'Write {"lxc_configs": {}} for no containers, or remove the file.',
      references: scriptsNamedBy,
    },
  ],
  read: (reading) => ({ lxc: readContainers(reading) }),
  rules: [
    volumeNamesAreUnique,
    mountPathsAreUnique,
    idMapsAreApart,
    managedInterfacesHaveAnAddress,
    mountsAreForPrivileged,
  ],
};

function readContainers(reading: Reading): LxcGuest[] {
  const { diagnostics, unreadable, files, known } = reading;
  const at: Place = { file: LXC_FILE, path: '' };
  const raw = reading.json(LXC_FILE, 'optional');
  const written = raw === undefined ? { lxc_configs: {} } : raw;
  const file = parseParts(envelope, written, at, ([top]) => (top === undefined || top === 'lxc_configs' ? [] : [top]));
  diagnostics.add(file.diagnostics);
  if (file.value === undefined || file.left.length > 0) unreadable.addFile(LXC_FILE);
  const { lxc_configs: entries, ...shared } = file.value ?? { lxc_configs: {} };
  const writtenRoles = new Set(Object.values(entries).map((entry) => (entry as { role?: unknown } | null)?.role));
  const defaults = { ...shared, writtenRoles };
  const circumstances = JSON.stringify([shared, ...writtenRoles]);
  const containers = Object.entries(entries).flatMap(([key, entry]) => {
    if (reading.isFull(LXC_FILE)) return [];
    const place = placeIn(at, 'lxc_configs', key);
    const id = Number(key);
    if (!/^[1-9][0-9]{2,8}$/.test(key)) {
      notAnId(place, key, reading);
      return [];
    }
    const guest = known.entry({ at: place, entry, circumstances, files }, (lookedUp) =>
      readContainer(reading, entry, { id, at: place, files: lookedUp }, defaults),
    );
    if (guest !== undefined) return [guest];
    unreadable.addGuest(id);
    return [];
  });
  return byId(containers);
}

function readContainer(
  reading: Reading,
  entry: unknown,
  context: GuestContext,
  defaults: LxcFileDefaults,
): GuestEntry<LxcGuest> {
  const { id, at } = context;
  const target = targetId('lxc', id);
  const modern = modernLxc(entry, at, target);
  reading.diagnostics.add(modern.diagnostics);
  const clean = reading.inspect(MARKS, entry, at, { modern: modern.value, target });
  const { value, diagnostics } = parse(lxcGuest, modern.value, at, target);
  reading.diagnostics.add(diagnostics);
  if (value === undefined) return { value: undefined, lasting: false };
  const lasting = clean && modern.diagnostics.length + diagnostics.length === 0;
  return { value: normaliseLxc(value, defaults, context), lasting };
}

function notAnId(at: Place, key: string, { diagnostics, unreadable }: Reading): void {
  unreadable.addFile(LXC_FILE);
  const message = `"${key.slice(0, 40)}" is not a guest id: those are numbers from 100 to 999999999`;
  diagnostics.add([{ code: 'INVALID_VALUE', at, message, onKey: true }]);
}
