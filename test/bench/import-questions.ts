// How often an import asks for a guest that differs from the host: each question loads the whole configuration.

import { leaveFields } from '../../src/cli/import/fields-to-leave.ts';
import { countedJudge, LARGE_ENTRY } from '../cli/import/counted-judge.ts';
import type { Line, Measurement } from './report.ts';

export async function measureImport(): Promise<Measurement> {
  return {
    title: 'Import of a guest that differs in one field',
    about: `Questions for an entry of ${Object.keys(LARGE_ENTRY).length} fields, the mean over the fields that it can be without.`,
    lines: [
      await lineOf('the field is named as in the file', 'named', 2),
      await lineOf('it is named as on the host', 'otherwise', 10),
    ],
  };
}

async function lineOf(what: string, how: 'named' | 'otherwise', most: number): Promise<Line> {
  const fields = Object.keys(LARGE_ENTRY).filter((key) => key.startsWith('field'));
  const counts: number[] = [];
  for (const field of fields) {
    const { judge, whole, asked } = countedJudge([field], how);
    await leaveFields(LARGE_ENTRY, whole, judge);
    counts.push(asked());
  }
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return { what, measured: mean.toFixed(1), goal: { text: `≤ ${most}`, met: mean <= most } };
}
