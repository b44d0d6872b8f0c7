// Time zones must be names of the tz database, exactly as written there; a misspelt one gets a suggestion.

import { expect, test } from 'vitest';
import { environment, loadFiles } from '../../load/environment.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';

function said(timezone: unknown): string[] {
  const files = environment();
  files[HYPERVISOR].timezone = timezone;
  return loadFiles(files).problems.map(
    ({ code, message, hint }) => `${code} ${message}${hint === null ? '' : ` | ${hint}`}`,
  );
}

test.each(['Europe/Berlin', 'UTC', 'Etc/UTC', 'Etc/GMT-14', 'US/Eastern', 'Asia/Kolkata', 'Asia/Calcutta', 'EST5EDT'])(
  '%s is a time zone',
  (timezone) => expect(said(timezone)).toEqual([]),
);

test.each([
  ['Europe/Berlni', ': did you mean "Europe/Berlin"?'],
  ['europe/berlin', ': did you mean "Europe/Berlin"?'],
  ['Berlin', ': did you mean "Europe/Berlin"?'],
  ['America/New York', ': did you mean "America/New_York"?'],
  ['Amerika/New_York', ': did you mean "America/New_York"?'],
  ['utc', ': did you mean "UTC"?'],
  ['Mars/Olympus', ''],
  ['../../etc/shadow', ''],
  ['', ''],
  ['est', ': did you mean "America/New_York"?'],
  ['constructor', ''],
  ['__proto__', ''],
])('%j is none, said once with what is meant', (timezone, meant) => {
  const shown = JSON.stringify(timezone);
  expect(said(timezone)).toEqual([
    `INVALID_VALUE "timezone" is ${shown} and must be a time zone such as "Europe/Berlin"${meant}`,
  ]);
});
