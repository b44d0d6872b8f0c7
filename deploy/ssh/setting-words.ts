// The options of guests' settings in commands, derived from their declarations.

import { jsonSchemaOf } from '../../src/config/json-schema.ts';
import { type GuestKind, placesOf } from '../../src/managers/guest/settings/setting.ts';
import { settingsOf } from '../../src/managers/guest/settings/values.ts';

/** The class of a setting's value on a command line, by its JSON Schema type. */
export const VALUE_CLASSES = new Map([
  ['integer', 'number'],
  ['number', 'hundredths'],
  ['boolean', 'flag'],
  ['string', 'text'],
]);

/** Text settings with a class of their own. */
const TEXTS: Readonly<Record<string, string>> = {
  hookscript: 'snippet',
  boot: 'plain',
  // The default key's value may contain characters that names cannot.
  machine: 'plain',
  cpu: 'plain',
  vga: 'plain',
};

/** The options of declared settings, each with its possible values (managers/guest/settings). */
export function settingOptions(kind: GuestKind): string {
  const options = settingsOf(kind).map(([, one]) => {
    const schema = jsonSchemaOf(one.check(placesOf(one, kind))) as { readonly type?: string; readonly enum?: string[] };
    const { type, enum: words } = schema;
    if (words !== undefined && one.key === undefined) return `--${one.option} ( ${words.join(' | ')} )`;
    const word = TEXTS[one.option] ?? (one.key === undefined ? VALUE_CLASSES.get(type ?? '') : 'props');
    if (word === undefined) throw new Error(`no class of words for --${one.option}, which is a ${type}`);
    return `--${one.option} {${word}}`;
  });
  return [...new Set(options)].join(' | ');
}
