// How pvesh prints the result of an API call: as one line of JSON, as pretty JSON, as YAML, or as a table.
import { printYaml } from '../../yaml.ts';
import type { Output } from '../parameters/api-call.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * The text of a result in the requested format; empty for an empty result.
 * @param columns of a table, in their order; default: those that are in it, sorted
 */
export function printResult(data: unknown, output: Output, columns?: readonly string[]): string {
  const value = inOrder(data as Json);
  if (output === undefined || value === null || value === undefined) return '';
  if (output === 'json') return `${JSON.stringify(value)}\n`;
  if (output === 'json-pretty') return `${pretty(value, '')}\n`;
  if (output === 'yaml') return `---\n${printYaml(value)}`;
  if (Array.isArray(value)) return value.length === 0 ? '' : table(value, columns);
  if (typeof value !== 'object') return `${value}\n`;
  return rows(
    ['key', 'value'],
    Object.entries(value).map(([key, cell]) => [key, cellText(cell)]),
  );
}

function inOrder(value: Json): Json {
  if (Array.isArray(value)) return value.map(inOrder);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, inOrder(each)]),
  );
}

function pretty(value: Json, indent: string): string {
  const deeper = `${indent}   `;
  const block = (open: string, parts: string[], close: string): string =>
    parts.length === 0 ? `${open}${close}` : `${open}\n${deeper}${parts.join(`,\n${deeper}`)}\n${indent}${close}`;
  if (Array.isArray(value))
    return block(
      '[',
      value.map((item) => pretty(item, deeper)),
      ']',
    );
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return block(
    '{',
    Object.entries(value).map(([key, each]) => `${JSON.stringify(key)} : ${pretty(each, deeper)}`),
    '}',
  );
}

const cellText = (value: Json | undefined): string =>
  value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);

function table(items: Json[], wanted?: readonly string[]): string {
  const objects = items.map((item) =>
    item !== null && typeof item === 'object' && !Array.isArray(item) ? item : { value: item },
  );
  const columns = wanted ?? [...new Set(objects.flatMap((item) => Object.keys(item)))].sort();
  return rows(
    columns,
    objects.map((item) => columns.map((column) => cellText(item[column]))),
  );
}

function rows(columns: readonly string[], cells: string[][]): string {
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const rule = (left: string, line: string, cross: string, right: string): string =>
    `${left}${widths.map((width) => line.repeat(width + 2)).join(cross)}${right}\n`;
  const row = (texts: readonly string[]): string =>
    `│${texts.map((text, index) => ` ${text.padEnd(widths[index] ?? 0)} `).join('│')}│\n`;
  return (
    rule('┌', '─', '┬', '┐') +
    row(columns) +
    rule('╞', '═', '╪', '╡') +
    cells.map(row).join(rule('├', '─', '┼', '┤')) +
    rule('└', '─', '┴', '┘')
  );
}
