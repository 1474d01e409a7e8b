import '../../../middleman/web.ts';
