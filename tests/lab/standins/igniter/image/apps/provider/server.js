import '../../../web.ts';
