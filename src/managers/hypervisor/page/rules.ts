// Checks the certificate that is declared for the node's web interface.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { RuleContext } from '../../rule.ts';

/** UNKNOWN_REFERENCE: the manifest has no certificate of that name. */
export function pageCertificateIsDeclared({ config, unreadable }: RuleContext): Diagnostic[] {
  const { pageCertificate: page, writtenAt } = config.hypervisor;
  if (page?.by !== 'certificate' || unreadable.file(CERTIFICATES)) return [];
  const names = config.certificates.map(({ commonName }) => commonName);
  if (names.includes(page.name)) return [];
  return [
    {
      code: 'UNKNOWN_REFERENCE',
      at: placeIn(writtenAt, 'page_certificate', 'certificate'),
      message: `there is no certificate ${page.name} in ${CERTIFICATES}`,
      hint: names.length === 0 ? 'Declare it there.' : `Declared are ${names.join(', ')}.`,
    },
  ];
}

const CERTIFICATES = 'etc/certificate-manifest.json';
