// The table of guest settings in docs/guests.md.

import { effectOf } from '../../../proxmox/guests/option-effects.ts';
import { PROXMOX_KIND } from '../options/option.ts';
import type { GuestKind, Setting, SettingValue, Ways } from './setting.ts';
import { settingsOf } from './values.ts';

type AnySetting = Setting<SettingValue>;

/** A Markdown table with one row per setting. */
export function settingsPage(): string {
  const all = new Map<string, AnySetting>([...settingsOf('lxc'), ...settingsOf('vm')]);
  const rows = [
    ['field', 'what it is', 'option', 'container', 'VM'],
    ...[...all].map(([name, one]) => [
      `\`${name}\``,
      one.lxc?.describes ?? one.vm?.describes ?? '',
      `\`${one.option}\`${one.key === undefined ? '' : `, key \`${one.key}\``}`,
      cell(one, 'lxc'),
      cell(one, 'vm'),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (cells: readonly string[], fill = ' ') =>
    `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0, fill)).join(' | ')} |`;
  const [head = [], ...others] = rows;
  return [
    line(head),
    line(
      head.map(() => ''),
      '-',
    ),
    ...others.map((row) => line(row)),
  ].join('\n');
}

function cell(one: AnySetting, kind: GuestKind): string {
  const ways = one[kind];
  if (ways === undefined) return 'no such setting';
  const isLive = effectOf(PROXMOX_KIND[kind], one.option, { before: '1', after: '2' }, {}) === 'at once';
  const cost = isLive ? 'changed while it runs' : 'changed with a restart';
  return `${absentText(ways)}; ${cost}`;
}

function absentText<Value>({ whenAbsent: said }: Ways<Value>): string {
  return said === undefined ? 'must be written' : `default: ${said}`;
}
