// Keys and certificates, made within the process.

export { keyText, makeCertificate, newKey } from './src/certificates/certificates.ts';
