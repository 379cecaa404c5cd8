import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** What the server puts a fresh nonce in place of, in every answer with the page. */
const NONCE_PLACE = '__CSP_NONCE__';

export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  plugins: [react()],
  html: { cspNonce: NONCE_PLACE },
  build: {
    target: 'es2023',
    manifest: true,
    // A data: URL would need to be allowed by the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1500,
  },
});
