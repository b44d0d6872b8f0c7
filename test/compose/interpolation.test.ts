// Which variables a compose file requires: those without a default, by Docker Compose's rules for `$` and `${}`.

import { expect, test } from 'vitest';
import { unsetMentions } from '../../src/compose/interpolation.ts';

test.each([
  [`\${A}`, ['A']],
  [`$A`, ['A']],
  [`x-$A_b1.y`, ['A_b1']],
  [`\${A:?must be set}`, ['A']],
  [`\${A?must be set}`, ['A']],
  [`\${A:-x}`, []],
  [`\${A-x}`, []],
  [`\${A:+x}`, []],
  [`\${A:-\${B}}`, ['B']],
  [`$$A`, []],
  [`$\${A}`, []],
  [`$$$A`, ['A']],
  [`100$`, []],
  [`$1`, []],
  [`\${`, []],
])('%s needs %j', (value, names) => {
  expect(unsetMentions(value)).toEqual(names);
});
