#include <stdio.h>
#include <stdint.h>
#include <string.h>
typedef unsigned char u8; typedef uint16_t u16; typedef uint64_t u64;
static u64 s=88172645463325252ull; static u64 rnd(void){s^=s<<13;s^=s>>7;s^=s<<17;return s;}
typedef struct { u64 m; u16 se; } __attribute__((packed)) f80;
static f80 val(void){ f80 v; int k=rnd()%20; v.m=rnd()|1ull<<63; v.se=(rnd()&0x8000)|(0x3fff-40+rnd()%80);
 switch(k){case 0:v.m=0;v.se&=0x8000;break;case 1:v.m=1ull<<63;v.se|=0x7fff;break;case 2:v.se|=0x7fff;v.m=rnd()|(3ull<<62);break;case 3:v.se|=0x7fff;v.m=(1ull<<63)|(rnd()>>2)|1;break;
 case 4:v.se&=0x8000;v.m=rnd()>>(1+rnd()%62);break;case 5:v.m=1ull<<63;break;case 6:v.se=(v.se&0x8000)|(1+rnd()%70);break;case 7:v.se=(v.se&0x8000)|(0x7ffe - rnd()%70);break;case 8:v.m&=0xffffffff00000000ull;v.m|=1ull<<63;break;case 9:v.m=(v.m>>63<<63)|(rnd()&1);break;
 case 10:v.se=rnd()&0x8000|(rnd()%0x7fff);break; case 11:v.m&=~(1ull<<63);break; case 12: v.m|=0xfffffffffffff000ull; break;} return v; }
int main(void){ u16 cws[]={0x37f,0x27f,0x07f,0xb7f,0x77f,0xf7f,0x67f,0xe7f};
 for(int n=0;n<3000;n++){ f80 a=val(),b=val(),r={0}; u16 cw=cws[rnd()%8],sw=0; int op=rnd()%14; u64 out=0; u16 se=0; u16 full=0x37f;
 /* ST0=a, ST1=b */
 asm volatile("fninit\n fldt %0\n fldt %1\n fldcw %2\n fnclex"::"m"(b),"m"(a),"m"(cw));
 switch(op){
 case 0: asm volatile("fadd %st(1),%st"); break; case 1: asm volatile("fsub %st(1),%st"); break; case 2: asm volatile("fmul %st(1),%st"); break; case 3: asm volatile("fdiv %st(1),%st"); break;
 case 4: asm volatile("fsubr %st(1),%st"); break; case 5: asm volatile("fdivr %st(1),%st"); break; case 6: asm volatile("fsqrt"); break; case 7: asm volatile("frndint"); break;
 case 8: asm volatile("fcom %st(1)"); break; case 9: asm volatile("fucom %st(1)"); break; case 10: asm volatile("fxam"); break;
 case 11: { float f; asm volatile("fsts %0\n fnstsw %1":"=m"(f),"=m"(sw)); memcpy(&out,&f,4); } break;
 case 12: { double d; asm volatile("fstl %0\n fnstsw %1":"=m"(d),"=m"(sw)); memcpy(&out,&d,8); } break;
 case 13: { int i; asm volatile("fistl %0\n fnstsw %1":"=m"(i),"=m"(sw)); out=(u64)(uint32_t)i; } break; }
 if(op<11) asm volatile("fnstsw %0":"=m"(sw));
 asm volatile("fldcw %1\n fstpt %0":"=m"(r):"m"(full)); asm volatile("fninit");
 printf("%d %04x %04x %016lx %04x %016lx %04x %016lx %04x %016lx\n",op,cw,a.se,a.m,b.se,b.m,sw,out,r.se,r.m); }
 return 0; }
