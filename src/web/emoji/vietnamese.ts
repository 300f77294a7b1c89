/** The Vietnamese name of each emoji in the table, a bar, and further words by which it is found. Written by scripts/emoji.ts. */
export const VIETNAMESE = `
mặt cười toe toét
mặt cười miệng há với mắt to|mở
mặt cười miệng há mắt cười|mở
mặt cười nhe răng và mắt cười
mặt cười miệng há mắt nhắm chặt|ngoác ngặt nghẽo như được mùa to hài lòng
mặt cười toát mồ hôi|chán nản căng thẳng nhe răng hào hứng lo lắng lạnh miệng mỉm mở
mặt cười lăn cười bò|chảy nước mắt sung sướng sàn
mặt cười với nước mắt vui sướng|chảy hài thật đấy
mặt cười mỉm
mặt lộn ngược
mặt tan chảy|biến mất chất lỏng hòa
mặt nháy mắt
mặt cười híp mắt|mỉm hài lòng tươi với đôi biết vui mừng đỏ
mặt cười có hào quang|giả tưởng ngây thơ thiên thần
mặt cười với 3 trái tim|phải lòng yêu quý
mặt cười mắt hình trái tim|lãng mạn yêu
ngưỡng mộ|cười toét mắt mặt ngôi sao
mặt đang hôn gió
mặt hôn
mặt cười|thoải mái thư giãn
mặt hôn mắt nhắm
mặt hôn mắt cười
mặt cười với nước mắt|biết ơn mỉm nhẹ nhõm tự hào xúc động
mặt thưởng thức món ngon|cười tuyệt
mặt lè lưỡi
mặt lè lưỡi nháy mắt|nói đùa
mặt làm trò hề|lớn mắt ngốc nhỏ
mặt thè lưỡi mắt nhắm chặt|hương vị kinh khủng
mặt có tiền ở miệng
mặt ôm
mặt với tay che miệng|cười xin lỗi
mặt với cặp mắt mở to và tay che miệng|hoài nghi kinh ngạc kính nể nhiên sợ hãi xấu hổ
mặt hé mắt nhìn trộm|chằm lén quyến rũ
mặt ra dấu suỵt|im lặng
mặt suy nghĩ|đang
mặt chào|nhà binh nắng ok quân đội vâng
mặt có miệng bị kéo khóa
mặt với lông mày rướn lên|hoài nghi ngờ vực
mặt trung lập|ngây ra bất động
mặt vô cảm|không diễn thản nhiên
mặt không có miệng|yên lặng ít nói
mặt có đường viền chấm chấm|biến mất chán nản hướng nội thất vọng vô hình ẩn
mặt trong đám mây|sương mù đãng trí đầu
mặt cười khẩy
mặt buồn|không vui
mặt có mắt đu đưa|cái gì vậy không quan tâm sao cũng được
mặt nhăn nhó
mặt thở ra|huýt sáo kiệt sức mệt mỏi rên rỉ thì thầm dài hắt hổn hển
mặt nói dối|pinocchio
mặt lắc|choáng hốt hoảng ngạc nhiên rung sốc sửng sốt wow động đất
mặt nhẹ nhõm
mặt trầm ngâm|thất vọng
mặt buồn ngủ|khóc
mặt chảy dãi
mặt đang ngủ|không quan tâm mệt mỏi ngoan sao cũng được zzz
mặt đeo khẩu trang y tế|bác sĩ lạnh nạ ốm
mặt có miệng ngậm nhiệt kế|mệt ốm
mặt đeo băng đầu|vết thương đau
mặt buồn nôn|mửa
mặt nôn mửa|ốm
mặt hắt hơi|cúm sức khỏe
mặt nóng|sốc nhiệt sốt đỏ đổ mồ hôi
mặt lạnh|cứng xanh tê cóng đóng băng
mặt choáng váng|chóng chếnh miệng uốn lượn mắt đảo điên say xỉn
mặt chóng mặt|mệt ốm
mặt có đôi mắt xoắn ốc|bối rối chóng khó hiểu rắc thôi miên
đầu nổ tung|bị sốc
mặt đội mũ cao bồi|nữ
mặt tiệc tùng|buổi hào hứng lễ kỷ niệm mũ sinh nhật sừng
mặt trá hình|gián điệp kính lông mày mũi người ngụy trang ria mép râu ẩn danh
mặt cười đeo kính|trời phong cách sáng
mặt mọt sách|bốn mắt chuyên gia thông minh đam mê
mặt với kính một mắt|giàu có ngột ngạt thượng lưu
mặt bối rối
mặt có miệng xiên|buồn chán hoài nghi không chắc chắn thất vọng
mặt lo lắng
mặt hơi cau mày
mặt cau mày|buồn
mặt có miệng há|mở thông cảm
mặt làm thinh|choáng váng ngạc nhiên
mặt kinh ngạc|hoàn toàn sốc
mặt đỏ ửng|choáng váng
mặt cầu xin|lòng thương mắt cún con xỏ
mặt kìm nén nước mắt|buồn chịu đựng giận giữ khóc tự hào
mặt cau miệng há|mở nhăn
mặt đau khổ
mặt sợ hãi|kinh
mặt lo lắng và toát mồ hôi|lạnh vội vã xanh da trời
mặt thất vọng nhưng nhẹ nhõm|ngạc nhiên
mặt khóc|buồn nước mắt
mặt khóc to|buồn nước mắt thổn thức
mặt la hét kinh hãi|sợ
mặt xấu hổ
mặt kiên nhẫn|tập trung đau đầu
mặt thất vọng
mặt chán nản với mồ hôi|lạnh
mặt kiệt sức|mệt mỏi
mặt mệt mỏi
mặt đang ngáp|buồn ngủ chán không quan tâm mệt mỏi thôi sao cũng được
mặt có mũi đang phì hơi|chiến thắng hân hoan không vui tức giận
mặt hờn dỗi|cơn thịnh nộ tức giận điên đỏ
mặt giận giữ|tức điên
mặt có các ký hiệu trên miệng|chửi rủa thề tức giận
mặt cười có sừng|truyện cổ tích tưởng tượng
mặt giận giữ có sừng|ma quỷ dữ tiểu yêu tưởng tượng
đầu lâu|cái chết mặt quái vật truyện cổ tích
đầu lâu xương chéo|cái chết mặt quái vật sọ
đống phân|chất thải hài hước khuôn mặt quái vật
mặt hề
mặt quỷ|quái vật ăn thịt người sinh truyện cổ tích tưởng tượng
yêu tinh|mặt quái vật sinh truyện cổ tích tưởng tượng
ma|mặt quái vật sinh truyện cổ tích tưởng tượng
người ngoài hành tinh|giả tưởng khuôn mặt trái đất sinh vật đĩa bay
quái vật ngoài hành tinh|khuôn mặt trái đất người sinh đĩa bay
mặt rô-bốt|quỷ
mặt mèo cười tươi|con khuôn miệng há mở ra nụ
mặt mèo cười tươi với hai mắt híp lại|toét
mặt mèo có nước mắt vui sướng|niềm
mặt mèo cười mắt hình trái tim|con khuôn nụ thân ái
mặt mèo cười gượng|châm biếm con khuôn mỉa mai nụ
mặt mèo hôn mắt nhắm|con khuôn
mặt mèo mệt lử|mỏi ngạc nhiên ôi
mặt mèo đang khóc|buồn nước mắt
mặt mèo hờn dỗi
khỉ không nhìn điều xấu|cấm mặt
khỉ không nghe điều xấu|cấm mặt
khỉ không nói điều xấu|cấm mặt
thư tình|lá trái tim yêu
trái tim với mũi tên|thần tình yêu
trái tim với ruy băng|lễ tình yêu
trái tim lấp lánh|bị kích thích
trái tim lớn dần|bị kích thích lo lắng nhịp phát triển
trái tim đang đập|dao động nhịp
trái tim xoay vòng|đang quay
hai trái tim|hôn hẹn hò yêu
hình trang trí trái tim
dấu chấm than hình trái tim đậm|câu cảm thán
trái tim tan vỡ|buồn bị cô đơn
trái tim bốc lửa|cháy thèm khát linh thiêng tình yêu
trái tim đang lành|cải thiện hồi phục khỏe mạnh hơn
trái tim màu đỏ|cảm xúc tình yêu
trái tim màu hồng|dễ thương thích yêu
trái tim màu cam
trái tim màu vàng|cảm xúc yêu
trái tim màu lục
trái tim màu lam
trái tim màu xanh dương nhạt|143 cảm xúc dễ thương thích lơ mòng két yêu đặc biệt
trái tim màu tím
trái tim màu nâu
trái tim màu đen|xấu điều ác
trái tim màu xám|143 bạc cảm xúc đen yêu đặc biệt
trái tim màu trắng
dấu nụ hôn|môi
100 điểm|một trăm toàn bộ
biểu tượng giận giữ|hài hước tức điên
va chạm|bom bùng nổ hài hước
choáng váng|hài hước ngôi sao
giọt mồ hôi|bắn tung tóe nước hài hước tập thể dục
lao đi|chạy chớp nhoáng hài hước
lỗ
bong bóng lời nói|bài diễn văn hài hước thoại
mắt trong bong bóng lời nói|nhân chứng
bong bóng lời nói trái|bài diễn văn thoại
bong bóng góc phải|khí cầu tức giận điên
bong bóng suy nghĩ|hài hước khí cầu
buồn ngủ|hài hước mệt ngất rồi đang
vẫy tay|chào nhé có ai ở đó không nè xin đang
mu bàn tay giơ lên
tay xòe ngón giơ lên|dừng
bàn tay giơ lên|dừng lại
tay thần lửa|ngón spock
bàn tay hướng sang bên phải
bàn tay hướng sang bên trái
bàn tay có lòng bàn tay hướng xuống|thả xua xuỵt đuổi
bàn tay có lòng bàn tay hướng lên|bắt mời gọi vẫy đến
bàn tay đẩy sang trái|chặn chờ dừng lại thôi từ chối đập
bàn tay đẩy sang phải|chặn chờ dừng lại thôi từ chối đập
bàn tay làm dấu OK|chắc chắn rồi nha tuyệt được
ngón tay khum lại|cái gì cử chỉ kiên nhẫn mỉa mai thư giãn thẩm vấn
tay chụm|số lượng nhỏ ít
tay chiến thắng|chữ v
hai ngón tay bắt chéo|bàn may mắn
bàn tay với ngón trỏ và ngón cái bắt chéo|búng tiền bạc trái tim tình yêu đắt
cử chỉ yêu nhau|anh em ba ngón tay
ký hiệu cặp sừng|ngón tay tuyệt vời
bàn tay gọi cho tôi|điện
ngón trỏ trái chỉ sang trái|mu bàn tay
ngón trỏ trái chỉ sang phải|mu bàn tay
ngón trỏ trái chỉ lên|tay
ngón giữa|tay
ngón trỏ trái chỉ xuống|mu bàn tay
ngón trỏ chỉ lên trên|tay
ngón trỏ chỉ vào người xem|bạn
dấu ra hiệu đồng ý|1 lên ngón tay cái
dấu ra hiệu từ chối|1 không thích ngón tay cái xuống
nắm đấm giơ lên|cú tay siết chặt đoàn kết
nắm đấm|cú tay siết chặt
nắm đấm hướng phía trái
nắm đấm hướng sang phải
vỗ tay|hai bàn đang
hai bàn tay giơ lên|cử chỉ hoan hô lễ kỷ niệm nâng
hai bàn tay tạo hình trái tim|yêu
hai bàn tay đang xòe|mở ra
hai bàn tay chạm vào nhau|cầu nguyện lời
bắt tay|gặp mặt rung đồng ý
chắp tay|cảm ơn cầu nguyện hỏi làm
bàn tay đang viết
sơn móng tay|chăm sóc làm mỹ phẩm đánh bóng
tự sướng|máy ảnh điện thoại
bắp tay gập lại|cơ hài hước
cánh tay giả|hỗ trợ tiếp cận
chân giả|hỗ trợ tiếp cận
Chân|tay gập đá
bàn chân|dậm mạnh mắt cá đá
tai|cơ thể nghe âm thanh
tai đeo thiết bị trợ thính|hỗ tiếp cận nặng
mũi|cơ thể
não|thông minh
cơ quan tim|giải phẫu khoa mạch màu đỏ nhịp trung tâm trái thật
phổi|cơ quan hít vào hô hấp hơi thở ra
răng|nha sĩ trắng ngọc
xương|bộ chó đòn
đôi mắt|mặt
mắt|cơ thể một
lưỡi|cơ thể
miệng|cơ thể hôn làm đẹp môi
cắn môi|hồi hộp khó chịu lo lắng âu sợ hãi tán tỉnh
trẻ con|em sơ sinh
trẻ em|giới tính chung không xác định
con trai|cậu bé
con gái|bím tóc cung hoàng đạo cô trẻ xử nữ
người|giới tính chung không xác định lớn
người tóc vàng hoe
đàn ông|người lớn
người có râu|đàn ông
người đàn ông có râu
người phụ nữ có râu
đàn ông: tóc đỏ|người lớn
đàn ông: tóc xoăn|người lớn
đàn ông: tóc trắng|người lớn
đàn ông: hói|người lớn
phụ nữ|người lớn
phụ nữ: tóc đỏ|người lớn
người: tóc đỏ|giới tính chung không xác định lớn
phụ nữ: tóc xoăn|người lớn
người: tóc xoăn|giới tính chung không xác định lớn
phụ nữ: tóc trắng|người lớn
người: tóc trắng|giới tính chung không xác định lớn
phụ nữ: hói|người lớn
người: hói|giới tính chung không xác định lớn
người phụ nữ tóc vàng hoe
người đàn ông tóc vàng hoe
người lớn tuổi|già giới tính không xác định trung lập
cụ ông|già người lớn đàn đầu hói
cụ bà|già người lớn phụ nữ
người đang cau mày|buồn bã bực tức cử chỉ khó chịu không vui thất vọng
người đàn ông cau mày|cử chỉ nam
người phụ nữ cau mày|cử chỉ
người đang bĩu môi|cáu kỉnh cử chỉ hờn dỗi nhăn nhó thất vọng
người đàn ông bĩu môi|cử chỉ nam
người phụ nữ bĩu môi|cử chỉ
người ra hiệu phản đối|cấm cử chỉ không bao giờ cho phép đời nào tay
người đàn ông ra hiệu phản đối|bị cấm cử chỉ tay
người phụ nữ ra hiệu phản đối|bị cấm cử chỉ tay
người ra hiệu đồng ý|cử chỉ ok tay thể dục
người đàn ông ra hiệu đồng ý|cử chỉ nam ok tay
người phụ nữ ra hiệu đồng ý|cử chỉ đàn ông ok tay
người ra hiệu trợ giúp|hất tóc mách nước mỉa mai nghiêm túc tay thông tin tươi tắn vuốt
người đàn ông ra hiệu trợ giúp|nam tay tươi tắn
người phụ nữ ra hiệu trợ giúp|tay tươi tắn
người giơ cao tay|chọn tôi đi cử chỉ vui vẻ nâng lên có thể giúp muốn hỏi ở bên này
người đàn ông giơ cao tay|cử chỉ nam
người phụ nữ giơ cao tay|cử chỉ
người khiếm thính|hỗ trợ tiếp cận nghe tai điếc
người đàn ông khiếm thính|điếc
người phụ nữ khiếm thính|điếc
người đang cúi đầu|cầu xin cử chỉ hối tiếc lấy làm lời lỗi tha thứ tội nghiệp
người đàn ông cúi đầu|cử chỉ xin lỗi ủng hộ
người phụ nữ cúi đầu|cử chỉ xin lỗi ủng hộ
người lấy tay che mặt|hoài nghi không tin nổi lòng bàn lại nữa rồi dùng tức giận
người đàn ông lấy tay che mặt|hoài nghi không tin nổi lại nữa rồi lắc đầu nam thở dài thườn thượt tức giận
người phụ nữ lấy tay che mặt|hoài nghi không tin nổi lại nữa rồi lắc đầu thở dài thườn thượt tức giận
người nhún vai|ai mà biết được có thể hững hờ không nghi ngờ sao cũng thờ ơ
người đàn ông nhún vai|chắc vậy có thể không biết nam nghi ngờ sao cũng được sự thờ ơ vô minh
người phụ nữ nhún vai|chắc vậy có thể không biết nghi ngờ sao cũng được sự thờ ơ vô minh
nhân viên y tế|bác sĩ chăm sóc sức khỏe nhà trị liệu tá
nhân viên y tế nam|bác sĩ chăm sóc sức khỏe trị liệu tá
nhân viên y tế nữ|bác sĩ chăm sóc sức khỏe trị liệu tá
sinh viên|tốt nghiệp
sinh viên nam|tốt nghiệp
sinh viên nữ|tốt nghiệp
giáo viên|sư người hướng dẫn
giáo viên nam|sư người hướng dẫn
giáo viên nữ|sư người hướng dẫn phụ
thẩm phán|cầm cân nảy mực
thẩm phán nam|công lý cầm cân nảy mực
thẩm phán nữ|cầm cân nảy mực
nông dân|chủ trang trại người làm vườn
nông dân nam|người làm vườn nuôi súc vật
nông dân nữ|người làm vườn nuôi súc vật
đầu bếp|nấu ăn
đầu bếp nam|nấu ăn
đầu bếp nữ|nấu ăn
thợ máy|sửa ống nước thủ công điện
thợ máy nam|cơ khí người đàn ông sửa ống nước điện
thợ máy nữ|cơ khí phụ sửa ống nước điện
công nhân nhà máy|nghiệp lắp ráp
công nhân nhà máy nam|nghiệp lắp ráp
công nhân nhà máy nữ|nghiệp lắp ráp
nhân viên văn phòng|công việc kinh doanh kiến trúc sư người quản lý
nhân viên văn phòng nam|công việc kinh doanh kiến trúc sư người quản lý đàn ông
nhân viên văn phòng nữ|công việc kinh doanh kiến trúc sư người phụ quản lý
nhà khoa học|kỹ sư hóa sinh vật lý
nhà khoa học nam|kỹ sư người đàn ông hóa sinh vật lý
nhà khoa học nữ|kỹ sư người phụ hóa sinh vật lý
kỹ sư công nghệ|lập trình viên người phát minh nhà triển phần mềm
kỹ sư công nghệ nam|lập trình viên người phát minh đàn ông nhà triển phần mềm
kỹ sư công nghệ nữ|lập trình viên người phát minh phụ nhà triển phần mềm
ca sĩ|diễn viên nghệ ngôi sao nhạc rock
nam ca sĩ|diễn viên nghệ ngôi sao người đàn ông nhạc rock
nữ ca sĩ|diễn viên nghệ ngôi sao người phụ nhạc rock
họa sĩ|bảng màu
họa sĩ nam|bảng màu nghệ
họa sĩ nữ|bảng màu nghệ
phi công|máy bay
phi công nam|máy bay
phi công nữ|máy bay
phi hành gia|tên lửa
phi hành gia nam|không gian tên lửa
phi hành gia nữ|không gian tên lửa
lính cứu hỏa|xe
lính cứu hỏa nam|xe
lính cứu hỏa nữ|xe
cảnh sát|bắt giữ bị tóm công an nằm vùng dừng xe luật sĩ quan
cảnh sát nam|người đàn ông sĩ quan
cảnh sát nữ|bắt giữ bị tóm công an nằm vùng luật pháp ra tòa sĩ quan
thám tử|gián điệp trinh
thám tử nam|gián điệp trinh
thám tử nữ|gián điệp trinh
bảo vệ|cung điện buckingham london mũ hiểm
bảo vệ nam
bảo vệ nữ|cung điện buckingham london
ninja|chiến tranh kẻ sát nhân kỹ năng người tàng hình đấu sĩ ẩn
công nhân xây dựng|mũ bảo hiểm sửa chữa tu
công nhân xây dựng nam
công nhân xây dựng nữ
người đội vương miện|cao quý hoàng gia quân giả
hoàng tử|cổ tích giả tưởng gia vua vương miện
công chúa|cổ tích giả tưởng hoàng gia hậu vương miện
người đội khăn xếp|turban
người đàn ông đội khăn xếp|nam
người phụ nữ đội khăn xếp
người đàn ông đội mũ Trung Quốc|khang hy
người phụ nữ quàng khăn trùm đầu|hijab vuông tichel
người mặc bộ vest|chú rể
người đàn ông mặc bộ vest
người phụ nữ mặc bộ vest
người đội khăn voan|cô dâu với cưới mạng che mặt
người đàn ông đội khăn voan
người phụ nữ đội khăn voan
người phụ nữ có thai|mang
người đàn ông mang bầu|bụng có thai căng phồng no đủ
người mang bầu|bụng có thai căng phồng no đủ
cho con bú|em bé nuôi bằng sữa mẹ vú
người phụ nữ cho con bú|em bé mẹ trẻ sơ sinh tình yêu đàn ông
người cho con bú|bố em bé nam đàn ông tình yêu
người cho em bé bú|bố con mẹ phụ nữ trẻ sơ sinh đàn ông
thiên thần nhỏ|bé con mặt truyện cổ tích tưởng tượng
Ông già Noel|cha claus giáng sinh lễ kỷ niệm santa noen
mẹ giáng sinh|bà già noel
bà già Noel|chúc mừng giáng sinh mũ người ông
siêu anh hùng|người dơi nữ năng lực tốt
nam siêu anh hùng|giới năng lực tốt
nữ siêu anh hùng|phụ năng lực tốt
nhân vật siêu phản diện|người năng lực tội phạm xấu xa ác độc
nam siêu phản diện|giới nhân vật năng lực tội phạm ác
nữ siêu phản diện|nhân vật phụ năng lực tội phạm ác
pháp sư|bà cốt kỳ ảo phép thuật phù thủy thần chú thầy thuỷ triệu hồi đạo sĩ đồng
pháp sư nam|phù thủy
pháp sư nữ|bà cốt phù thủy
tiên|cánh kỳ ảo oberon puck thần thoại titania
ông tiên|oberon puck
bà tiên|titania
ma cà rồng|bất tử dracula halloween hóa trang máu răng nanh siêu nhiên xác sống đáng sợ
ma cà rồng nam|dracula xác sống
ma cà rồng nữ|xác sống
người cá|chàng tiên công chúa nàng sinh vật biển thần thoại truyện cổ tích đinh ba
chàng tiên cá|thần nửa người
nàng tiên cá|công chúa
yêu ma|cổ tích kỳ ảo phép thuật thần bí tộc tiên tinh
nam quỷ|phép thuật
nữ quỷ|phép thuật
thần|chà đèn huyền bí kỳ ảo ma điều ước
nam thần|ma
nữ thần|ma
xác chết sống lại|halloween kinh dị tận thế zombie
xác chết nam sống lại
xác chết nữ sống lại
người khổng lồ độc ác|giả tưởng quái vật truyện cổ tích
người được xoa bóp mặt|mát xa thư giãn thẩm mĩ viện trị liệu đau đầu
người đàn ông được xoa bóp mặt|nam
người phụ nữ được xoa bóp mặt
người được cắt tóc|làm đẹp phong cách salon thợ tiệm tỉa vẻ
người đàn ông được cắt tóc|nam
người phụ nữ được cắt tóc
người đi bộ|dáng tản đang leo núi lang thang thong dong
người đàn ông đi bộ|đường dài
người phụ nữ đi bộ|đường dài
người đứng|đang
người đàn ông đứng
người phụ nữ đứng
người quỳ|gối đang
người đàn ông quỳ
người phụ nữ quỳ
người với gậy dò đường|khả năng tiếp cận mù
người đàn ông với gậy dò đường|hỗ trợ tiếp cận khiếm thị mù cây
người phụ nữ với gậy dò đường|hỗ trợ tiếp cận khiếm thị mù cây
người trên xe lăn điện|khả năng tiếp cận
người đàn ông trên xe lăn điện|hỗ trợ tiếp cận
người phụ nữ trên xe lăn điện|hỗ trợ tiếp cận
người trên xe lăn tay|khả năng tiếp cận
người đàn ông trên xe lăn tay|hỗ trợ tiếp cận
người phụ nữ trên xe lăn tay|hỗ trợ tiếp cận
người chạy|bộ nhanh đua maratông tốc độ vội vã đang đến
người đàn ông đang chạy|đua maratông nam
người phụ nữ đang chạy|đua maratông
người phụ nữ đang khiêu vũ|nhảy
người đàn ông đang khiêu vũ
người đàn ông mặc vest đang bay lên|bộ đồ kinh doanh
những người đeo tai thỏ|bạn thân tâm giao bản sao bộ đôi phụ nữ sinh tiệc tùng vũ công
những người đàn ông đeo tai thỏ|tiệc tùng vũ công
những người phụ nữ đeo tai thỏ|tiệc tùng vũ công
người ở trong phòng xông hơi|mát xa phụ nữ nhà tắm sang chảnh spa thư giãn
người đàn ông ở trong phòng xông hơi|nhà tắm
người phụ nữ ở trong phòng xông hơi|nhà tắm
người đang leo núi|trèo phụ nữ nhà
người đàn ông đang leo núi|trèo
người phụ nữ đang leo núi|trèo
người đấu kiếm|đánh
đua ngựa|cuộc người cưỡi
người trượt tuyết
người trượt ván tuyết
người chơi gôn|bóng golf gạt pga quả sân tập
người đàn ông chơi gôn
người phụ nữ chơi gôn
người lướt sóng|biển bãi thể thao vận động viên
người đàn ông lướt sóng
người phụ nữ lướt sóng
người chèo thuyền|bè câu cá hồ sông có mái xuồng
người đàn ông chèo thuyền|có mái
người phụ nữ chèo thuyền|có mái
người bơi|ba môn phối hợp tự do đàn ông lội thể thao vận động viên
người đàn ông đang bơi
người phụ nữ đang bơi|thể thao
người chơi bóng|rổ cầu thủ nhồi ném sọt quả vô địch vận động viên
người đàn ông chơi bóng
người phụ nữ chơi bóng
người cử tạ|nâng thanh thể hình trọng lượng tập luyện dục vận động viên
người đàn ông cử tạ
người phụ nữ cử tạ
người đi xe đạp|thể thao vận động viên đua
người đàn ông đi xe đạp
người phụ nữ đi xe đạp
người đi xe đạp leo núi|thể thao vận động viên đua
người đàn ông đi xe đạp leo núi
người phụ nữ đi xe đạp leo núi
người nhào lộn|hào hứng lăng nghiêng thể dục dụng cụ vui vẻ
người đàn ông nhào lộn|hào hứng lăng nghiêng thể dục dụng cụ vui vẻ
người phụ nữ nhào lộn|hào hứng lăng nghiêng thể dục dụng cụ vui vẻ
người chơi vật|giải đấu trên võ đài đô
những người đàn ông chơi vật|nam đô trên võ đài đấu
những người phụ nữ chơi vật|đô trên võ đài đấu
người chơi bóng nước|bơi lội dưới thể thao
người đàn ông chơi bóng nước|bơi thể thao dưới thủy cầu
người phụ nữ chơi bóng nước|bơi thể thao dưới thủy cầu
người chơi bóng ném|bắt lốp phát thể thao vận động viên
người đàn ông chơi bóng ném
người phụ nữ chơi bóng ném|bắt lốp phát thể thao vận động viên
người tung hứng|cân bằng giữ thăng kỹ năng đàn ông đa nhiệm
người đàn ông tung hứng|giữ thăng bằng đa nhiệm năng
người phụ nữ tung hứng|đa nhiệm
người ngồi kiết già|an lạc bắt chéo chân ở tư thế hoa sen thanh bình thiền thư giãn yoga yogi
người đàn ông ngồi kiết già|thiền yoga
người phụ nữ ngồi kiết già|thiền yoga
người đang tắm bồn
người trên giường|chợp mắt khách sạn mệt mỏi ngủ ngoan nhé say giấc
hai người nắm tay|cặp đôi giữ
hai người phụ nữ nắm tay|bạn tốt nhất cặp đôi đồng tính
người đàn ông và phụ nữ nắm tay|cầm cặp đôi
hai người đàn ông nắm tay|cặp song sinh đôi đồng tính nam nhau hoàng đạo tử
nụ hôn|cặp đôi hẹn hò yêu
nụ hôn: phụ nữ, đàn ông|cặp đôi hẹn hò yêu
nụ hôn: đàn ông, đàn ông|cặp đôi hẹn hò yêu
nụ hôn: phụ nữ, phụ nữ|cặp đôi hẹn hò yêu
cặp đôi với trái tim|yêu
cặp đôi với trái tim: phụ nữ, đàn ông|yêu
cặp đôi với trái tim: đàn ông, đàn ông|yêu
cặp đôi với trái tim: phụ nữ, phụ nữ|yêu
gia đình: đàn ông, phụ nữ, con trai|trẻ em
gia đình: đàn ông, phụ nữ, con gái|trẻ em
gia đình: đàn ông, phụ nữ, con gái, con trai|trẻ em
gia đình: đàn ông, phụ nữ, con trai, con trai|trẻ em
gia đình: đàn ông, phụ nữ, con gái, con gái|trẻ em
gia đình: đàn ông, đàn ông, con trai|trẻ em
gia đình: đàn ông, đàn ông, con gái|trẻ em
gia đình: đàn ông, đàn ông, con gái, con trai|trẻ em
gia đình: đàn ông, đàn ông, con trai, con trai|trẻ em
gia đình: đàn ông, đàn ông, con gái, con gái|trẻ em
gia đình: phụ nữ, phụ nữ, con trai|trẻ em
gia đình: phụ nữ, phụ nữ, con gái|trẻ em
gia đình: phụ nữ, phụ nữ, con gái, con trai|trẻ em
gia đình: phụ nữ, phụ nữ, con trai, con trai|trẻ em
gia đình: phụ nữ, phụ nữ, con gái, con gái|trẻ em
gia đình: đàn ông, con trai|trẻ em
gia đình: đàn ông, con trai, con trai|trẻ em
gia đình: đàn ông, con gái|trẻ em
gia đình: đàn ông, con gái, con trai|trẻ em
gia đình: đàn ông, con gái, con gái|trẻ em
gia đình: phụ nữ, con trai|trẻ em
gia đình: phụ nữ, con trai, con trai|trẻ em
gia đình: phụ nữ, con gái|trẻ em
gia đình: phụ nữ, con gái, con trai|trẻ em
gia đình: phụ nữ, con gái, con gái|trẻ em
đầu người đang nói|cái hình bóng khuôn mặt
bóng tượng bán thân
các bóng tượng bán thân
hai người ôm nhau|cảm ơn tình bạn yêu tạm biệt xin chào
gia đình|trẻ em
dấu chân|trần các in quần áo
mặt khỉ|khuôn quả chuối động vật
khỉ|chuối con quả động vật
khỉ đột|động vật
đười ươi|vượn người động vật
mặt cún|thú cưng động vật
chó|thú cưng
chó dẫn đường|hỗ trợ tiếp cận khiếm thị mù
chó hỗ trợ|dịch vụ tiếp cận giúp
chó xù|cún động vật
chó sói|mặt
cáo|mặt động vật
gấu trúc|tinh nghịch tò mò động vật
mặt mèo|thú cưng động vật
mèo|thú cưng động vật
mèo đen|meo vận động vật
sư tử|cung hoàng đạo mặt
mặt hổ|dã thú động vật
hổ|dã thú sở động vật
báo hoa mai|con động vật ăn thịt
mặt ngựa
nai sừng tấm Bắc Mỹ|gạc xám động vật có vú
con lừa|bướng bỉnh la thồ động vật có vú
ngựa|cưỡi đua
kỳ lân|mặt
ngựa vằn|sọc
hươu|động vật
bò rừng|trâu đàn động vật
mặt bò|cái sữa trang trại động vật
bò đực|mộng cung hoàng đạo kim ngưu
trâu nước|vườn thú động vật
bò cái|sữa trang trại động vật
mặt lợn|thịt xông khói trang trại động vật
lợn|nái thịt xông khói trang trại động vật
lợn rừng|động vật
mũi lợn|mõm mặt ngửi trang trại động vật
cừu đực|cung bạch dương hoàng đạo
cừu cái|bồng bềnh non lông nông trại động vật
dê|cung hoàng đạo ma kết nông trại sữa động vật
lạc đà|con cái bướu sa mạc động vật
lạc đà hai bướu|con cái bactrian sa mạc động vật
lạc đà không bướu|len alpaca guanaco vicuña động vật
hươu cao cổ|đốm
voi|động vật
voi ma mút|có lông lớn ngà tuyệt chủng động vật
tê giác|động vật
hà mã|động vật
mặt chuột|động vật
chuột|động vật
chuột cống|động vật
mặt hamster|chuột thú cưng
mặt thỏ|con thú cưng động vật
thỏ|con thú cưng động vật
sóc chuột|con
hải ly|răng xây đập động vật
nhím|có gai
dơi|ma cà rồng động vật
gấu|xám gầm mật ong mặt động vật
Gấu trắng Bắc Cực|động vật
gấu túi|con koala úc động vật
mặt gấu trúc
con lười|chậm đủng đỉnh
rái cá|bắt nghịch ngợm
chồn hôi Mỹ|mùi động vật
chuột túi|australia con nhảy thú có
con lửng|mật quấy rầy động vật
dấu chân móng vuốt|bàn
gà tây|chim tạ ơn
gà|chim động vật
gà trống|chim động vật
gà mới nở|con ấp
gà con|chim
mặt trước gà con|chim
chim|động vật
chim cánh cụt|nam cực động vật
bồ câu|bay chim hòa bình
đại bàng|chim
vịt|chim động vật
thiên nga|chim non vịt con xấu xí
cú|chim khôn ngoan động vật
chim cưu|gà dodo lớn mauritius tuyệt chủng động vật
lông chim|bộ chuyến bay nhẹ
hồng hạc|nhiệt đới rực rỡ
con công|chim mái phô trương tự hào
con vẹt|chim cướp biển nói chuyện
cánh|bay lên chim hàng không thiên thần đường thoại
chim hoét đen|con quạ họ loài màu mỏ động vật
con ngỗng|chim gà vịt cầm điểu khờ dại kêu ngây ngô đàn động vật
ếch|mặt
cá sấu|sở thú động vật
rùa|con nước ngọt động vật
thằn lằn|bò sát động vật
rắn|chòm sao xà phu cung hoàng đạo vật mang động
mặt rồng|khuôn truyện cổ tích
rồng|hiệp sĩ truyện cổ tích động vật
khủng long chân thằn lằn|to ăn cây cối hai óc uyển
khủng long bạo chúa
cá voi đang phun nước|bãi biển khuôn mặt đại dương động vật
cá voi|bờ biển đại dương động vật
cá heo|bãi biển chân chèo đại dương động vật
chó biển|hải cẩu sư tử đại dương động vật
cá|cung hoàng đạo song ngư
cá nhiệt đới|động vật
cá nóc|bơn động vật
cá mập|động vật
bạch tuộc|sinh vật đại dương động
vỏ xoắn ốc|bãi biển động vật
san hô|rặng đại dương
sứa|biển bỏng chích không xương sống sinh vật phù du thủy xúc tu động ối
cua|cung cự giải hoàng đạo
tôm hùm|càng hải sản xúp cua động vật
tôm|nhỏ thức ăn cua
mực ống|thân mềm thức ăn động vật
hàu|lặn ngọc trai
ốc sên|thiên nhiên vườn động vật
bướm|côn trùng đẹp
con bọ|côn trùng vườn động vật
kiến|côn trùng vườn động vật
ong mật|con côn trùng mùa xuân động vật
bọ cánh cứng|côn trùng động vật
bọ rùa|cánh cứng con côn trùng thiên nhiên
dế|bọ bộ cánh thẳng châu chấu côn trùng động vật
con gián|côn trùng động vật
nhện|côn trùng
mạng nhện
bọ cạp|cung hoàng đạo
con muỗi|bệnh côn trùng sốt rét vi rút đốt
con ruồi|bệnh côn trùng giòi thối rữa động vật
giun|đất đốt ký sinh trùng sâu động vật
vi trùng|amip khoa học khuẩn rút
bó hoa|cây hẹn hò kỷ niệm lãng mạn sinh nhật tình yêu
hoa anh đào|thực vật
hoa trắng
hoa sen|phật giáo sự tinh khiết việt nam ấn độ
nơ hoa hồng|thực vật
hoa hồng|cây màu đỏ sang trọng tình yêu valentine vẻ đẹp
hoa héo
hoa dâm bụt|thực vật
hoa hướng dương|mặt trời thực vật
hoa|bồ công anh thực vật
hoa tulip|thực vật
lục bình|bluebonnet bụi hoa cây dạ lan hương len mũ xanh mõm sói oải tiên ông tử đinh màu chàm mùa xuân tím đậu lupin
cây non|giống nảy mầm thực vật
cây trồng trong chậu|mọc nhà nuôi dưỡng thực vật trang trí
cây thường xanh|thông giáng sinh rừng
cây rụng lá|rơi
cây cọ
cây xương rồng|hạn hán sa mạc thiên nhiên thực vật
bó lúa|bông gạo thực vật
thảo mộc|lá cây
cỏ ba lá|ai len thực vật
cỏ bốn lá|4 cây thực vật
lá phong|cây rụng
lá rụng|thực vật
lá rung rinh trong gió|cây thổi
tổ trống rỗng|làm
tổ có trứng|làm
nấm|thực vật
chùm nho|hoa quả
dưa|hoa quả
dưa hấu|hoa quả
quýt|hoa quả cam
chanh tây|chua hoa quả họ cam quýt
chuối|hoa quả kali
dứa|hoa quả nhiệt đới
xoài|nhiệt đới trái cây
táo đỏ|hoa quả
táo xanh|hoa quả
lê|hoa quả
đào|hoa quả
anh đào|hoa quả màu đỏ mọng thực vật trái cây
dâu tây|quả mọng trái cây
quả việt quất|hoa màu xanh mọng thực phẩm
quả kiwi|hoa thức ăn
cà chua|rau thực vật
ôliu|thức ăn
dừa|cây pina colada
quả bơ|hoa thức ăn
cà tím|rau thực vật
khoai tây|thức ăn thực vật
cà rốt|thức ăn thực vật
bắp ngô
quả ớt|nóng
ớt chuông|rau thức ăn
dưa chuột|chua thức ăn thực vật
xanh lá|cải bắp thìa xoăn rau diếp salat
xúp lơ xanh|bông cải bắp dại hoa
tỏi|gia vị
hành|gia vị
đậu phộng|quả hạch rau củ thức ăn
hạt đậu|cây họ thận thức ăn
hạt dẻ|thực vật
củ gừng|bia gia vị rễ sức khỏe thảo mộc tự nhiên
đậu Hà Lan|quả rau vỏ nành
bánh mì|nướng lúa ngũ cốc nhà hàng thực phẩm tinh bột ổ
bánh sừng bò|móng ngựa mỳ pháp thức ăn
bánh mì que|mỳ pháp thức ăn
bánh mỳ cắt lát|arepa mì dẹt lavash pita thực phẩm
bánh quy xoắn
bánh mỳ vòng|bữa sáng phết tiệm
bánh kếp|thức ăn
bánh quế|bữa sáng cứng cỏi thiếu quyết đoán
miếng pho mát|phô mai
thịt bám xương
đùi gia cầm|chân gà tây xương đói
tảng thịt|bít tết sườn cừu lợn
thịt xông khói|thức ăn
bánh hamburger|kẹp
khoai tây chiên|kiểu pháp đồ ăn nhanh
bánh pizza|lát phô mai
bánh mì xúc xích
bánh mỳ kẹp
bánh taco|mexico
bánh burrito|mexico
bánh tamale|cuốn mexico pamonha thực phẩm
bánh mì kẹp thịt|mỳ dẹt gyro falafel nhồi đồ ăn
bánh rán nhân gà|falafel thịt viên đậu hồi
trứng|bữa sáng đồ ăn
nấu ăn|chiên cái chảo trứng
chảo thức ăn nông|nồi đất paella
nồi thức ăn|hầm súp
lẩu pho mai|phô nấu chảy nồi sô cô la thức ăn trượt tuyết
bát và thìa|bữa sáng cháo ngũ cốc yến mạch
salad rau xanh|thức ăn
bỏng ngô|phim
bơ|sữa
muối|bình lắc gia vị
thực phẩm đóng hộp
hộp cơm bento
bánh gạo|quy giòn thực phẩm
cơm nắm|nhật bản
cơm|gạo nấu chín
cơm cà ri
bát mì|mỳ ramen nóng hổi phở súp thức ăn đũa
spaghetti|nhà hàng pasta thịt viên thức ăn
khoai lang nướng|ngọt đồ ăn
món oden|hải sản kẹp que xiên
sushi|thực phẩm
tôm chiên|món sốt cá cua hùm
bánh cá có hình xoắn|ngọt xoáy
bánh trung thu|lễ hội mùa mặt trăng
bánh trôi Nhật Bản|món kiểu tráng miệng ngọt que
bánh bao|sủi cảo
bánh quy may mắn|tiên tri
hộp đựng đồ ăn mang đi|cái xô giao hàng hàu đũa
kem mềm|cái món tráng miệng ngọt
đá bào|kem món tráng miệng ngọt
kem|món tráng miệng ngọt
bánh rán vòng|món tráng miệng ngọt
bánh quy|món tráng miệng ngọt
bánh sinh nhật|lễ kỷ niệm món tráng miệng ngọt
bánh ngọt|miếng món tráng miệng
bánh nướng nhỏ|ngọt tiệm tráng miệng
bánh nướng|bí đỏ bột nhào miếng nhồi thịt trái cây táo
thanh sô cô la|món tráng miệng ngọt
kẹo|món tráng miệng ngọt
kẹo mút|món tráng miệng ngọt
bánh trứng|món tráng miệng ngọt
hũ mật ong|ngọt
bình sữa trẻ em|bé mới sinh sơ uống
cốc sữa|đồ uống
đồ uống nóng|buổi sáng caffeine chai cà phê hổi trà
ấm trà|thực phẩm đồ uống ủ
tách trà không có quai|cốc uống đồ
rượu sake|chai cốc quán ba uống đồ
chai rượu với nút gỗ bật ra|quán bar đồ uống
ly rượu vang|quán ba uống đồ
ly cocktail|quán bar đồ uống
đồ uống nhiệt đới|quán bar
cốc bia|quán bar đồ uống
chạm cốc bia|nước giải khát quán ba đồ uống
chạm cốc|chúc mừng tiếng keng đồ uống
ly đáy phẳng|cốc vại ngụm rượu whisky
đổ chất lỏng|ly thủy tinh tràn trống rỗng đồ uống
cốc và ống hút|mạch nha nước ép soda uống
trà sữa trân châu|bong bóng ngọc trai
hộp đồ uống|ngọt nước ép ống hút
trà nhựa ruồi|đồ uống
viên đá|băng lạnh
đũa
dĩa và dao với đĩa|nĩa nấu nướng
dĩa và dao|bữa sáng trưa tối cho ăn ngon miệng nhà hàng nấu đói đồ
thìa|bộ đồ ăn
dao làm bếp|dụng cụ hocho nấu nướng vũ khí
bình đựng|cửa hàng gia vị nước sốt thùng chứa trống rỗng
vò hai quai|bình bảo hoàng đạo nấu ăn uống
địa cầu thể hiện Châu Âu-Châu Phi|thế giới trái đất
địa cầu thể hiện Châu Mỹ|thế giới trái đất
địa cầu thể hiện Châu Á-Châu Úc|thế giới trái đất
địa cầu có đường kinh tuyến|internet thế giới trái đất ttoàn web
bản đồ thế giới
bản đồ Nhật Bản
la bàn|từ tính điều hướng định
đỉnh núi phủ tuyết|lạnh
núi
núi lửa|phun trào thiên nhiên
núi Phú Sĩ
cắm trại
bãi biển với chiếc ô
sa mạc
đảo hoang
công viên quốc gia
sân vận động
tòa nhà cổ điển
công trường xây dựng|cần cẩu
gạch|tường vữa đất sét
đá|hòn nặng rắn tảng
gỗ|xẻ khúc
túp lều|tròn nhà
những ngôi nhà
ngôi nhà bỏ hoang
ngôi nhà
nhà có vườn|ngôi
tòa nhà văn phòng|công việc dạng lập phương thành phố
bưu điện Nhật Bản|kiểu
bưu điện|kiểu châu âu
bệnh viện|bác sĩ thuốc
ngân hàng|tòa nhà
khách sạn|tòa nhà
khách sạn tình yêu
cửa hàng tiện lợi
trường học|tòa nhà
cửa hàng bách hóa
nhà máy|tòa
lâu đài Nhật Bản|kiểu
lâu đài|kiểu châu âu
đám cưới|lãng mạn nhà thờ nhỏ
tháp Tokyo
Tượng Nữ thần Tự do|bức new ny nyc
nhà thờ|cây thánh giá cầu nguyện tôn giáo đạo cơ đốc
nhà thờ hồi giáo|thuộc tôn
đền hindu|hin đu
giáo đường Do thái|người tôn đền
đền thờ Nhật Bản|thần đạo tôn giáo
kaaba|hồi giáo thuộc tôn
đài phun nước
lều|cắm trại
có sương|thời tiết
đêm có sao
khung cảnh thành phố
bình minh trên núi|buổi sáng mặt trời
bình minh|buổi sáng mặt trời thiên nhiên
khung cảnh thành phố lúc chạng vạng|buổi tối hoàng hôn mặt trời lặn phong
hoàng hôn|chạng vạng mặt trời
cây cầu về đêm
suối nước nóng|hơi
ngựa đu quay|giải trí
cầu trượt|chơi khu vui
vòng đu quay|bánh xe công viên giải trí
tàu lượn siêu tốc|con lăn công viên giải trí lao dốc
biển hiệu của thợ cắt tóc|cột
lều rạp xiếc
đầu máy xe lửa|hơi nước tàu hỏa đường sắt động cơ
toa tàu|hỏa điện xe hơi đường sắt
tàu cao tốc|nhật bản hỏa độ đường sắt
tàu viên đạn|cao tốc nhật bản hỏa độ đường sắt
tàu hỏa|đường sắt
tàu điện ngầm|di chuyển
tàu điện nhẹ|xe cộ đường sắt
ga tàu|hỏa đường sắt
xe điện|ô tô
đường một ray|xe cộ
đường ray leo núi|toa xe sắt
tàu điện|toa xe ô tô
xe buýt|trường học cộ
xe buýt đang tới
ô tô điện|xe buýt goòng
xe buýt nhỏ|cộ
xe cứu thương|cấp cộ
xe cứu hỏa|lửa tải động cơ
xe cảnh sát|tuần tra hơi
xe cảnh sát đang tới|hơi
taxi|lái xe màu vàng cộ
taxi đang tới|xe cộ
ô tô|xe cộ
ô tô đang tới|xe hơi
xe thể thao đa dụng|giải trí tiện ích cộ ô tô
xe bán tải|nhận hàng vận ô tô
xe tải giao hàng
đầu kéo rơ-moóc|di chuyển lái xe nối bán tải cộ ô tô
máy kéo|xe cộ
xe đua
xe máy|đua
xe tay ga|mô tơ
xe lăn tay|hỗ trợ tiếp cận năng
xe lăn tự động|hỗ trợ tiếp cận năng
xe lam|tuk túc
xe đạp|cộ
xe hẩy|đẩy
ván trượt
giày trượt patin|con lăn thể thao
điểm dừng xe buýt|lại
đường cao tốc
đường ray|tàu hỏa
thùng dầu
bơm nhiên liệu|diesel gas khí trạm
bánh xe|hình tròn lốp xoay
đèn xe cảnh sát|quay vòng hơi ánh sáng hiệu
đèn giao thông ngang|biển báo
đèn giao thông dọc|biển báo
ký hiệu dừng|bát giác
công trường|rào chắn
mỏ neo|dụng cụ tàu
phao cứu sinh|an toàn cấp hộ nổi phương tiện
thuyền buồm|biển du khu nghỉ dưỡng
xuồng|thuyền
xuồng cao tốc|thuyền
tàu chở khách|hành thủy
phà|hành khách thuyền
thuyền máy
tàu thủy|di chuyển hành khách thuyền
máy bay|di chuyển phi cơ tàu
máy bay nhỏ|tàu
máy bay khởi hành|làm thủ tục tàu điểm
máy bay đến nơi|hạ cánh điểm
dù|kéo lượn nhảy
cái ghế|chỗ ngồi
máy bay trực thăng|xe cộ
đường sắt trên cao|treo
cáp treo trên núi|toa trần
cáp treo|toa trần trên không đường xe điện
vệ tinh|vũ trụ
tên lửa|di chuyển không gian phóng
đĩa bay|người ngoài hành tinh ufo
chuông gọi phục vụ|khách sạn
hành lý|du lịch vali kéo đóng gói
đồng hồ cát đã chảy hết|bộ định thời hẹn giờ
đồng hồ cát đang chảy|bộ định thời
đồng hồ đeo tay|thời gian
đồng hồ báo thức|muộn thời gian
đồng hồ bấm giờ|thời gian
đồng hồ hẹn giờ
đồng hồ để bàn|thời gian
mười hai giờ|00 12 đồng hồ
mười hai giờ ba mươi phút|12 30 đồng hồ
một giờ|00 1 đồng hồ
một giờ ba mươi phút|1 30 đồng hồ
hai giờ|00 2 đồng hồ
hai giờ ba mươi phút|2 30 đồng hồ
ba giờ|00 3 đồng hồ
ba giờ ba mươi phút|3 30 đồng hồ
bốn giờ|00 4 đồng hồ
bốn giờ ba mươi phút|4 30 đồng hồ
năm giờ|00 5 đồng hồ
năm giờ ba mươi phút|5 30 đồng hồ
sáu giờ|00 6 đồng hồ
sáu giờ ba mươi phút|6 30 đồng hồ
bảy giờ|00 7 đồng hồ
bảy giờ ba mươi phút|7 30 đồng hồ
tám giờ|00 8 đồng hồ
tám giờ ba mươi phút|8 30 đồng hồ
chín giờ|00 9 đồng hồ
chín giờ ba mươi phút|9 30 đồng hồ
mười giờ|00 10 đồng hồ
mười giờ ba mươi phút|10 30 đồng hồ
mười một giờ|00 11 đồng hồ
mười một giờ ba mươi phút|11 30 đồng hồ
trăng non|bóng tối mặt
trăng lưỡi liềm đầu tháng|mặt tròn dần
trăng thượng huyền|mặt phần tư
trăng khuyết|mặt tròn dần
trăng tròn|mặt
trăng khuyết cuối tháng|mặt
trăng hạ huyền|mặt phần tư
trăng lưỡi liềm cuối tháng|không gian mặt
trăng lưỡi liềm|mặt
mặt trăng non
trăng thượng huyền hình mặt người|phần tư
trăng hạ huyền hình mặt người|phần tư
nhiệt kế|thời tiết
mặt trời|nóng nắng sáng thời tiết tia
khuôn mặt trăng tròn|sáng
mặt trời có hình mặt người|bãi biển sáng thời tiết
hành tinh có vành đai bao quanh|sao thổ thần nông
ngôi sao|thiên văn
ngôi sao lấp lánh|chiếu sáng phát
sao băng|ngôi phóng rơi
dải ngân hà|vũ trụ
đám mây|thời tiết âm u
mặt trời sau đám mây
đám mây kèm chớp và mưa|sấm với tia
mặt trời sau đám mây nhỏ
mặt trời sau đám mây lớn
mặt trời sau đám mây mưa
mây và mưa
đám mây với tuyết|lạnh
đám mây với tia chớp|sét thời tiết
lốc xoáy|cơn mây thời tiết
sương mù|mây thời tiết
khuôn mặt gió|thổi đám mây
hình lốc xoáy|bão choáng váng
cầu vồng|chuyển giới lưỡng tính mưa thời tiết tự nhiên đồng
ô đã đóng|chiếc mưa quần áo
cái ô|che mưa quần áo
cái ô với những giọt nước mưa|chiếc quần áo rơi che
cái ô trên mặt đất|chiếc mưa trời nắng
điện cao thế|cú đánh nguy hiểm sét tự nhiên
bông tuyết|lạnh thời tiết
người tuyết|lạnh
người tuyết không có tuyết|lạnh
sao chổi|vũ trụ
lửa|dụng cụ ngọn
giọt nước|hài hước lạnh mồ hôi rơi
sóng nước|đại dương
đèn lồng bí ngô|halloween lễ hội
cây thông noel|giáng sinh lễ kỷ niệm
pháo hoa|giải trí lễ kỷ niệm
pháo bông|chói sáng lễ kỷ niệm hoa
pháo|nổ hoa thuốc
ánh lấp lánh|kỳ diệu ngôi sao
bóng bay|lễ kỷ niệm sinh nhật
pháo giấy buổi tiệc|lễ kỷ niệm bông sinh nhật
bóng hoa giấy|bữa tiệc lễ kỷ niệm quả
cây tanabata|biểu ngữ kiểu nhật bản lễ kỷ niệm
trang trí cây thông|tre kiểu nhật bản lễ kỷ niệm
búp bê Nhật Bản|kiểu lễ hội kỷ niệm
cờ cá chép|dải lễ kỷ niệm
chuông gió|kêu vang lễ kỷ niệm
lễ ngắm trăng|kỷ niệm mặt
bao lì xì|chúc may mắn hồng quà tặng tiền
ruy băng|lễ kỷ niệm
gói quà|hộp lễ kỷ niệm tặng
ruy băng nhắc nhở|lễ kỷ niệm lời
vé vào cửa
vé|vào cửa
huân chương quân đội|huy lễ kỷ niệm sự
cúp|chiến thắng giải thưởng thể thao vô địch
huy chương thể thao|chiến thắng vàng vô địch
huy chương vàng|nhất
huy chương bạc|hai
huy chương đồng|ba
bóng đá|quả thể thao vua túc cầu
bóng chày|quả thể thao
bóng mềm|bao tay ném dưới vai thể thao
bóng rổ|quả thể thao vòng
bóng chuyền|quả trò chơi
bóng bầu dục Mỹ|người quả
bóng bầu dục|đá quả thể thao
quần vợt|cái quả bóng
đĩa bay trò chơi|ném
bowling|quả bóng trò chơi
trò chơi cricket|gậy đánh bóng quả
khúc côn cầu trên cỏ|cây gậy quả bóng sân trò chơi
khúc côn cầu trên băng|gậy trận đấu
bóng vợt|gôn gậy thể thao
bóng bàn|gậy quả trò chơi vợt đánh
cầu lông|kỹ thuật ghi trái trò chơi vợt
găng tay quyền anh
đồng phục võ thuật|judo karate taekwondo thể thao
khung thành|gôn lưới
cờ trong lỗ|gôn thể thao
giày trượt băng
cần câu cá|giải trí thể thao
mặt nạ lặn|bình dưỡng khí ôxy ống thở
áo chạy bộ|khăn quàng vai vận động viên sơ mi
ván trượt tuyết|thể thao
xe trượt tuyết|đi
bi đá trên băng|trò chơi
trúng đích|hồng tâm mục tiêu phi trò chơi
yo-yo|dao động đồ chơi
diều|bay lên lượn
súng nước|dụng cụ gắn lục ổ quay vũ khí
bi-a 8 bóng|bida quả trò chơi tám
quả cầu pha lê|dụng cụ giả tưởng bóng truyện cổ tích vận may
gậy thần|ma thuật phù thủy thầy
trò chơi điện tử|giải trí tay điều khiển thiết bị
cần điều khiển|trò chơi điện tử
máy giật xèng|cờ bạc khe trò chơi
trò xúc xắc|con gieo chơi
ghép hình|vào nhau mảnh trò đầu mối
gấu bông|nhồi vải lông đồ chơi
piñata|buổi tiệc kẹo kỷ niệm lễ hội người mexico pinata
quả cầu gương|buổi tiệc disco khiêu vũ long lanh sàn nhảy
búp bê matryoshka|babooshka baboushka babushka lồng nhau nước nga
bộ bích|bài trò chơi
bộ cơ|bài trò chơi
bộ rô|bài trò chơi
bộ nhép|bài trò chơi
quân tốt|bịp cờ thí
quân phăng teo|lá bài trò chơi
mạt chược rồng đỏ|trò chơi
quân bài hình hoa|kiểu nhật bản thiệp trò chơi
nghệ thuật biểu diễn|mặt nạ nhà hát
tranh trong khung|bảo tàng nghệ thuật
bảng màu|bảo tàng nghệ thuật vẽ
sợi chỉ|kim may xâu ổng
kim may|chỉ khâu đo thêu
sợi|cuộn len đan bằng kim móc
nút thắt|buộc bện dây thừng rối xoắn
kính mắt|quần áo đeo
kính râm|bóng tối mắt đeo
kính bảo hộ|bơi vệ mắt hàn
áo phòng thí nghiệm|bác sĩ nhà khoa học
áo bảo hộ|an toàn cứu khẩn cấp
cà vạt|quần áo trang trọng sơ mi
áo phông|quần sơ mi thun
quần bò|dài áo
khăn quàng|cổ lạnh ủ ấm
găng tay
áo khoác|lạnh choàng
tất|bít vớ
váy|mua sắm quần áo
kimono|quần áo
xari|quần áo sari trang phục váy đầm
áo tắm một mảnh|bộ
quần lót|bộ đồ bơi tắm một mảnh
quần soóc|bộ đồ tắm bơi dài lót
áo tắm hai mảnh|bơi bể quần
quần áo nữ
quạt giấy|e thẹn làm mát múa nóng tán tỉnh vỗ cánh
ví|quần áo tiền xu đồng
túi xách|mua sắm quần áo ví
túi cắp nách|quần áo nhỏ
túi mua sắm|khách sạn
ba lô đi học|cặp trường túi
dép xỏ ngón|lê đi biển zōri
giày nam|quần áo đàn ông
giày chạy|bộ đế mềm quần áo thể thao
giày leo núi|cắm trại du lịch bụi ống đi bộ đường dài
giày bệt|búp bê lười đi trong nhà
giày cao gót|chân phụ nữ quần áo
xăng đan nữ|giày phụ quần áo
giày múa balê
giày bốt nữ|phụ quần áo
lược Afro Pick|chải kiểu tóc
vương miện|gia đình hoàng nữ quần áo vua
mũ phụ nữ|cái quần áo
mũ chóp cao|cái quần áo đầu
mũ tốt nghiệp|cái lễ kỷ niệm quần áo
mũ lưỡi trai|bóng chày
mũ sắt quân đội|chiến binh bảo hiểm người lính sự
mũ bảo hiểm của lính cứu hộ|chữ thập cái khuôn mặt nón
tràng hạt|lời cầu nguyện quần áo tôn giáo vòng cổ
son môi|mỹ phẩm trang điểm
nhẫn|kim cương
đá quý|kim cương viên ngọc đồ nữ trang
tắt loa|cái im lặng không ồn ào tiếng
âm lượng loa thấp|nhẹ nhỏ thanh
âm lượng loa trung bình|thanh
âm lượng loa cao|lớn
loa phát thanh|phóng lớn địa chỉ công cộng
loa phóng thanh|cổ vũ
kèn bưu chính|điện
cái chuông|giờ nghỉ nhà thờ
chuông với dấu gạch chéo|cấm im lặng tắt tiếng
khuông nhạc|bản
nốt nhạc
các nốt nhạc
micrô phòng thu âm|nhạc
thanh trượt mức|nhạc
núm điều khiển|nhạc
micrô|hát karaoke nhạc âm thanh
tai nghe|âm thanh
radio|video
kèn saxophone|nhạc cụ
kèn trumpet|nhạc cụ
phong cầm|accordion buổi hòa nhạc hộp bóp cụ âm
đàn ghi-ta|nhạc cụ
phím đàn|bàn nhạc cụ piano
đàn violin|nhạc cụ
đàn banjo|có dây âm nhạc
trống|dùi nhạc
trống dài|conga nhạc cụ nhịp đập
maraca|lắc lục lạc nhạc cụ nhảy tiệc tùng trống âm
sáo|ban nhạc diễu hành dàn giao hưởng máy ghi âm cụ hơi bằng gỗ ống tiêu
điện thoại di động
điện thoại di động có mũi tên|gọi nhận
điện thoại bàn
ống nghe điện thoại bàn
máy nhắn tin
máy fax
pin
pin yếu|năng lượng thấp điện tử
phích cắm điện
máy tính xách tay|cá nhân pc
máy tính để bàn|màn hình
máy in|tính
bàn phím|máy tính
chuột máy tính
bi xoay|máy tính
đĩa máy tính|quang học mini
đĩa mềm|máy tính
đĩa quang|cd máy tính
dvd|chuẩn đĩa quang máy tính
bàn tính|toán
máy quay phim|bollywood hollywood rạp chiếu
khung hình phim|rạp chiếu
máy chiếu phim|rạp video
bảng clapper|diễn phim
tivi|tv video
máy ảnh|video
máy ảnh có đèn flash|video
máy quay video|phim
băng video|vhs
kính phóng đại nghiêng sang trái|dụng cụ tìm kiếm
kính lúp nghiêng sang phải|dụng cụ phóng đại tìm kiếm
nến|ánh sáng
bóng đèn|hài hước ánh sáng ý tưởng điện
đèn pin|dụng cụ ánh sáng điện
đèn lồng giấy màu đỏ|quán bar
đèn diya|dầu
sổ ghi chép có bìa trang trí|sách
sách đóng|giáo dục
sách đang mở
sách màu lục|giáo dục thư viện xanh
sách màu lam|xanh
sách màu cam
sách|học tập thư viện tri thức trường đọc
sổ ghi chép
sổ cái|ghi chép
trang bị quăn|tài liệu
cuộn sách|giấy
trang hướng lên trên|tài liệu
báo|tin tức tạp chí
tờ báo được cuộn tròn|giấy tạp chí
tab dấu trang|đánh
đánh dấu trang
nhãn
đồng tiền|bạc euro giàu kho báu kim loại vàng đô la
túi tiền|đô la
tiền giấy yên|hoá đơn tệ
tiền giấy đô la|hoá đơn tệ
tiền giấy euro|hoá đơn tệ
tiền giấy bảng|hoá đơn tệ
tiền có cánh|bay giấy đô la
thẻ tín dụng|ngân hàng thanh toán tiền
biên nhận|chứng từ ghi sổ sách giấy tờ thực hóa đơn kế toán
biểu đồ đồng yên tăng|tiền
phong bì|email thư
email|thư
phong bì thư đến|email nhận
phong bì với mũi tên|email thư đi
khay thư đi|hộp đã gửi
khay thư đến|hộp nhận
gói|bưu kiện hộp
hộp thư được đóng với lá cờ đứng|hòm
hộp thư được đóng với lá cờ nằm ngang|hòm
hộp thư được mở với lá cờ đứng|hòm
hộp thư được mở với lá cờ nằm ngang|hòm
hòm thư|hộp
hòm phiếu với lá phiếu|thùng
bút chì|văn phòng phẩm
ngòi bút đen|mực
bút máy
bút|bi
cọ vẽ tranh
bút sáp màu
sổ ghi nhớ|bút chì
cặp tài liệu|văn phòng
thư mục tệp
thư mục tệp mở
dụng cụ chia chỉ mục thẻ
lịch|ngày
quyển lịch bloc
sổ ghi chú gáy xoắn
lịch gáy xoắn
chỉ mục thẻ|hộp danh thiếp
biểu đồ tăng|lên trưởng xu hướng thị
biểu đồ giảm|xu hướng xuống thị
biểu đồ thanh|thị
bảng ghi nhớ|chú việc cần làm
đinh ghim|cái
đinh ghim hình tròn
kẹp giấy
kẹp giấy được nối
thước thẳng|cạnh kẻ toán
thước tam giác|bộ kẻ
kéo|cắt dụng cụ
hộp đựng hồ sơ|thẻ tệp
tủ hồ sơ|tệp
sọt rác
khóa|riêng tư đóng
mở khóa
khóa với bút|mực ngòi riêng tư
khóa với chìa|bảo mật đóng
chìa khóa|mật khẩu
chìa khóa cũ|đầu mối
búa|dụng cụ sửa chữa
rìu|bổ đôi chém chặt gỗ nhỏ
búa chim|dụng cụ khai mỏ
búa và búa chim|dụng cụ
búa và cờ lê|chìa vặn dụng cụ
dao găm|nguy hiểm vũ khí
kiếm bắt chéo|vũ khí
bom|hài hước nguy hiểm nổ
bumơrang|australia boomerang bật lại dội thổ dân vũ khí
cung tên|hoàng đạo thủ mũi nhân mã
cái khiên|vũ khí
cưa mộc|cắt dụng cụ gỗ xẻ thợ
cờ lê|chìa vặn dụng cụ
tua vít|bắt dụng cụ đầu phẳng
đai ốc và bu lông|dụng cụ
bánh răng|dụng cụ
cái kẹp|cặp dụng cụ nén
cân thăng bằng|cung hoàng đạo công lý thiên bình
gậy dò đường|hỗ trợ tiếp cận khiếm thị mù
mắt xích
dây xích
móc|bẫy bắt cái điểm bán hàng đường cong
hộp dụng cụ|cơ khí hòm thợ máy
nam châm|chữ u móng ngựa sức hút từ tính âm dương
thang|bậc leo trèo nấc
bình chưng cất|dụng cụ hóa học
ống nghiệm|hóa học khoa nhà phòng thí
đĩa petri|nhà sinh vật học nuôi cấy phòng thí nghiệm vi khuẩn
adn|di truyền gien nhà sinh vật học sự sống tiến hóa
kính hiển vi|dụng cụ khoa học vị thí nghiệm
kính viễn vọng|dụng cụ khoa học
ăng-ten vệ tinh|đĩa
ống tiêm|bệnh kim thuốc vắc xin
giọt máu|chu kỳ kinh nguyệt chấn thương hiến thuốc y tế
viên thuốc|bác sĩ bệnh vitamin
băng dính|dán y tế vết thương
nạng|gậy chống hỗ trợ di chuyển khuyết tật đau
ống nghe|bác sĩ tim y tế
x-quang|bác sĩ bộ xương y tế
cửa|sau trước
thang máy|khả năng tiếp cận kéo lên nhấc
gương|phản xạ chiếu ánh trang điểm
cửa sổ|khung không khí trong lành mở suốt xem
giường|khách sạn ngủ
ghế dài và đèn|khách sạn đi văng
ghế|chỗ ngồi
bồn cầu|bệ xí
dụng cụ thông tắc|hút lực cốc nhà vệ sinh thợ sửa ống nước
vòi hoa sen|nước
bồn tắm
bẫy chuột|bẩy mồi pho mát
dao cạo|râu sắc
chai sữa dưỡng da|dầu gội kem chống nắng ẩm
ghim băng|chất thải tã
cây chổi|làm sạch phù thủy quét dọn
cái giỏ|dã ngoại giặt ủi trồng trọt
cuộn giấy|toilet vệ sinh
xô|thùng to
xà phòng|bánh tắm vệ sinh xát
bong bóng|dưới nước sạch sẽ xà phòng ợ hơi
bàn chải răng|nha khoa phòng tắm sạch sẽ vệ sinh
bọt biển|hút hấp thụ làm sạch vệ sinh xốp
bình chữa cháy|cứu hỏa dập tắt lửa
xe mua hàng|đẩy
thuốc lá|hút
quan tài|cái chết
bia mộ|an nghỉ nghĩa trang địa
bình đựng tro cốt|di cái chết tang lễ
bùa may mắn nazar|hạt mê hoặc mắt ác nhìn
hamsa|bùa hộ mệnh fatima mary miriam sự bảo vệ tay
tượng moai|bức khuôn mặt moyai
bảng hiệu|biển cọc phản đối thông báo thẻ thể hiện
thẻ nhận dạng|bảo mật cccd chứng minh nhân dân cmnd căn cước công giấy phép
ký hiệu ATM|máy rút tiền ngân hàng tự động
ký hiệu bỏ rác vào thùng|xả
nước uống|được
biểu tượng xe lăn|lối vào người khuyết tật
nhà vệ sinh nam|phòng wc
nhà vệ sinh nữ|phòng wc
nhà vệ sinh|phòng wc
biểu tượng trẻ em|thay đồ
WC|nhà vệ sinh nước phòng
kiểm soát hộ chiếu
hải quan
nơi nhận hành lý
hành lý bỏ quên|tủ khóa
cảnh báo|thận trọng
qua đường cho trẻ em|người đi bộ giao thông
cấm vào|giao thông không cho phép lối
bị cấm|không có lối vào
cấm xe đạp|bị nghiêm không
cấm hút thuốc|bị nghiêm không
cấm xả rác|bị nghiêm không
nước không uống được|dùng để
cấm người đi bộ|không cho phép có
cấm điện thoại di động|không
cấm người dưới 18 tuổi|giới hạn độ mười tám vị thành niên
phóng xạ|ký hiệu
nguy hiểm sinh học|ký hiệu
mũi tên lên|bắc chính hướng
mũi tên lên bên phải|hướng nhiều đông bắc
mũi tên phải|chính hướng đông
mũi tên xuống bên phải|hướng nhiều đông nam
mũi tên xuống|chính hướng nam
mũi tên xuống bên trái|hướng nhiều tây nam
mũi tên trái|chiều hướng chính tây
mũi tên lên bên trái|hướng nhiều tây bắc
mũi tên lên xuống|hai chiều hướng
mũi tên trái phải|hai chiều hướng
mũi tên phải cong sang trái
mũi tên trái cong sang phải
mũi tên phải cong lên
mũi tên phải cong xuống
mũi tên thẳng đứng theo chiều kim đồng hồ|tải lại
nút mũi tên ngược chiều kim đồng hồ|làm mới tua lại
mũi tên BACK
mũi tên END
mũi tên ON!|dấu
mũi tên SOON
mũi tên TOP|lên
nơi thờ phụng|tôn giáo sùng
biểu tượng nguyên tử|người vô thần
om|hindu tôn giáo
ngôi sao sáu cánh|david do thái người tôn giáo
pháp luân|bánh xe phật giáo tôn đạo
âm dương|người theo đạo tôn giáo
thánh giá la-tinh|chữ thập cơ đốc tôn giáo
thập giá chính thống giáo|cơ đốc tôn
sao và trăng lưỡi liềm|hồi giáo người theo đạo tôn
biểu tượng hòa bình
cây đèn menorah|nến giá đỡ tôn giáo
ngôi sao sáu cánh có dấu chấm|may mắn
biểu tượng khanda|deg tegh fateh khalsa sikh giáo tôn đức tin
Bạch Dương|chòm sao cung hoàng đạo cừu đực lá số tử vi
Kim Ngưu|bò đực chòm sao cung hoàng đạo lá số tử vi
Song Tử|cung hoàng đạo lá số vi sinh
Cự Giải|con cua cung hoàng đạo lá số tử vi
Sư Tử|cung hoàng đạo lá số vi
Xử Nữ|cung hoàng đạo lá số tử vi
Thiên Bình|cung hoàng đạo cân đối công bằng lá số tử vi
Bọ Cạp|cung hoàng đạo lá số tử vi thiên yết
Nhân Mã|cung hoàng đạo lá số tử vi người bắn
Ma Kết|con dê cung hoàng đạo lá số tử vi
Bảo Bình|cung hoàng đạo lá số tử vi người mang nước
Song Ngư|con cá cung hoàng đạo lá số tử vi
Xà Phu|con rắn cung hoàng đạo người mang
nút xáo trộn bài|bắt chéo mũi tên
nút lặp lại|chiều kim đồng hồ mũi tên
nút lặp lại một lần|chiều kim đồng hồ mũi tên
nút phát|bên phải mũi tên tam giác
nút tua đi nhanh|kép mũi tên phía trước
nút bài tiếp theo|cảnh mũi tên tam giác
nút phát hoặc tạm dừng|bên phải mũi tên tam giác
nút tua lại|mũi tên tam giác trái
nút tua lại nhanh|kép mũi tên
nút bài trước|cảnh mũi tên cuối cùng tam giác
nút đi lên|mũi tên đỏ
nút lên nhanh|kép mũi tên
nút đi xuống|mũi tên đỏ
nút xuống nhanh|kép mũi tên
nút tạm dừng|dọc kép thanh
nút dừng|hình vuông
nút ghi|lại hình tròn
nút tháo
rạp chiếu phim|bộ máy quay ảnh
nút mờ|thấp độ sáng
nút sáng|độ
vạch ăng-ten|di động điện thoại
không dây|băng thông rộng bộ định tuyến hotspot internet kết nối máy tính mạng lan wifi điện thoại minh
chế độ rung|di động điện thoại
tắt điện thoại di động
ký hiệu nữ|phụ
ký hiệu nam|đàn ông
biểu tượng chuyển giới|người
dấu nhân|hủy x
cộng|dấu toán
trừ|dấu toán
dấu chia|toán
dấu bằng đậm|toán
vô cực|mãi toàn cầu tận
hai dấu chấm than|câu
dấu chấm than và dấu chấm hỏi|câu
dấu chấm hỏi|câu
dấu chấm hỏi màu trắng|câu mờ
dấu chấm than màu trắng|cảm thán mờ
dấu chấm than đỏ|cảm thán
dấu gạch ngang lượn sóng
đổi tiền|ngân hàng tệ
ký hiệu đô la đậm|tiền tệ
biểu tượng y tế|cán bộ rắn thần học
biểu tượng tái chế
hoa diên vĩ|hiệp sĩ bách hợp
biểu tượng đinh ba|công cụ neo tàu
thẻ tên
ký hiệu của Nhật cho người mới bắt đầu|hình v lá
vòng tròn lớn đậm|o
dấu chọn đậm màu trắng|tích nút
hộp kiểm có dấu chọn|tích hoàn thành
dấu chọn|kiểm tích
dấu gạch chéo|hủy nhân x
nút dấu gạch chéo|nhân hình vuông
vòng lặp|cong
vòng lặp đôi|cong kép
ký hiệu thay đổi luân phiên
dấu hoa thị tám cánh
ngôi sao tám cánh
lấp lánh
bản quyền
đã đăng ký
nhãn hiệu|dấu tm
mũ phím: #
mũ phím: *
mũ phím: 0|không
mũ phím: 1|một
mũ phím: 2|hai
mũ phím: 3|ba
mũ phím: 4|bốn
mũ phím: 5|năm
mũ phím: 6|sáu
mũ phím: 7|bảy
mũ phím: 8|tám
mũ phím: 9|chín
mũ phím: 10
nhập chữ hoa la tinh|abcd
nhập chữ thường la tinh|abcd
nhập số|1234
nhập biểu tượng
nhập chữ cái la tinh|abc bảng
nút A (nhóm máu)
nút AB (nhóm máu)
nút B (nhóm máu)
nút CL
nút COOL|mát
nút FREE
thông tin|i
nút ID|danh tính
chữ M trong vòng tròn
nút NEW|mới
nút NG
nút O (nhóm máu)
nút OK
nút P|đỗ xe
nút SOS|trợ giúp
nút UP!|dấu
nút VS|đấu với
nút Tiếng Nhật “tại đây”|katakana
nút Tiếng Nhật “phí dịch vụ”|katakana
nút Tiếng Nhật “số tiền hàng tháng”|chữ tượng hình
nút Tiếng Nhật “không miễn phí”|chữ tượng hình
nút Tiếng Nhật “đặt trước”|chữ tượng hình
nút Tiếng Nhật “mặc cả”|chữ tượng hình
nút Tiếng Nhật “giảm giá”|chữ tượng hình
nút Tiếng Nhật “miễn phí”|chữ tượng hình
nút Tiếng Nhật “bị cấm”|chữ tượng hình
nút Tiếng Nhật “có thể chấp nhận”|chữ tượng hình
nút Tiếng Nhật “đơn xin”|chữ tượng hình
nút Tiếng Nhật “vượt cấp”|chữ tượng hình
nút Tiếng Nhật “còn trống”|chữ tượng hình
nút Tiếng Nhật “chúc mừng”|bằng chữ tượng hình
nút Tiếng Nhật “bí mật”|chữ tượng hình
nút Tiếng Nhật “mở cửa kinh doanh”|chữ tượng hình
nút "hết phòng" bằng tiếng Nhật|chữ tượng hình
hình tròn màu đỏ|học
hình tròn màu cam|da vòng
hình tròn màu vàng|vòng
hình tròn màu xanh lá cây|vòng lục
hình tròn màu lam|học
hình tròn màu tím|tía vòng
hình tròn màu nâu|vòng
hình tròn màu đen|học
hình tròn màu trắng|học
hình vuông màu đỏ|ô
hình vuông màu cam|da ô
hình vuông màu vàng|ô
hình vuông màu xanh lá cây|lục ô
hình vuông màu xanh da trời|lam ô
hình vuông màu tím|tía ô
hình vuông màu nâu|ô
hình vuông lớn màu đen|học
hình vuông lớn màu trắng|học
hình vuông trung bình màu đen|học
hình vuông trung bình màu trắng|học
hình vuông nhỏ vừa màu đen|học
hình vuông nhỏ vừa màu trắng|học
hình vuông nhỏ màu đen|học
hình vuông nhỏ màu trắng|học
hình thoi lớn màu cam|học
hình thoi lớn màu lam|học
hình thoi nhỏ màu cam|học
hình thoi nhỏ màu lam|học
tam giác màu đỏ trỏ lên trên|hình học
tam giác màu đỏ trỏ xuống dưới|hình học
hình thoi có dấu chấm|bên trong hài hước học
nút radio|hình học
nút hình vuông màu trắng|học mờ
nút hình vuông màu đen|học
cờ ô vuông|ca rô chiến thắng cuộc đua thể thao
cờ tam giác|xây dựng đánh dấu
cờ bắt chéo|gạch kiểu nhật bản lễ kỷ niệm
cờ đen|vẫy
cờ trắng|vẫy
cờ cầu vồng|chuyển giới song tính đồng
cờ màu xanh, hồng và trắng|người chuyển giới
cờ cướp biển|bóc hải tặc jolly roger kho báu
cờ: Đảo Ascension|ac
cờ: Andorra|ad
cờ: Các Tiểu Vương quốc Ả Rập Thống nhất|ae
cờ: Afghanistan|af
cờ: Antigua và Barbuda|ag
cờ: Anguilla|ai
cờ: Albania|al
cờ: Armenia|am
cờ: Angola|ao
cờ: Nam Cực|aq
cờ: Argentina|ar
cờ: Samoa thuộc Mỹ|as
cờ: Áo|at
cờ: Úc|au
cờ: Aruba|aw
cờ: Quần đảo Åland|ax
cờ: Azerbaijan|az
cờ: Bosnia và Herzegovina|ba
cờ: Barbados|bb
cờ: Bangladesh|bd
cờ: Bỉ|be
cờ: Burkina Faso|bf
cờ: Bulgaria|bg
cờ: Bahrain|bh
cờ: Burundi|bi
cờ: Benin|bj
cờ: St. Barthélemy|bl
cờ: Bermuda|bm
cờ: Brunei|bn
cờ: Bolivia|bo
cờ: Ca-ri-bê Hà Lan|bq
cờ: Brazil|br
cờ: Bahamas|bs
cờ: Bhutan|bt
cờ: Đảo Bouvet|bv
cờ: Botswana|bw
cờ: Belarus|by
cờ: Belize|bz
cờ: Canada|ca
cờ: Quần đảo Cocos (Keeling)|cc
cờ: Congo - Kinshasa|cd
cờ: Cộng hòa Trung Phi|cf
cờ: Congo - Brazzaville|cg
cờ: Thụy Sĩ|ch
cờ: Côte d’Ivoire|ci
cờ: Quần đảo Cook|ck
cờ: Chile|cl
cờ: Cameroon|cm
cờ: Trung Quốc|cn
cờ: Colombia|co
cờ: Đảo Clipperton|cp
cờ: Costa Rica|cr
cờ: Cuba|cu
cờ: Cape Verde|cv
cờ: Curaçao|cw
cờ: Đảo Giáng Sinh|cx
cờ: Síp|cy
cờ: Séc|cz
cờ: Đức|de
cờ: Diego Garcia|dg
cờ: Djibouti|dj
cờ: Đan Mạch|dk
cờ: Dominica|dm
cờ: Cộng hòa Dominica|do
cờ: Algeria|dz
cờ: Ceuta và Melilla|ea
cờ: Ecuador|ec
cờ: Estonia|ee
cờ: Ai Cập|eg
cờ: Tây Sahara|eh
cờ: Eritrea|er
cờ: Tây Ban Nha|es
cờ: Ethiopia|et
cờ: Liên Minh Châu Âu|eu
cờ: Phần Lan|fi
cờ: Fiji|fj
cờ: Quần đảo Falkland|fk
cờ: Micronesia|fm
cờ: Quần đảo Faroe|fo
cờ: Pháp|fr
cờ: Gabon|ga
cờ: Vương quốc Anh|gb
cờ: Grenada|gd
cờ: Georgia|ge
cờ: Guiana thuộc Pháp|gf
cờ: Guernsey|gg
cờ: Ghana|gh
cờ: Gibraltar|gi
cờ: Greenland|gl
cờ: Gambia|gm
cờ: Guinea|gn
cờ: Guadeloupe|gp
cờ: Guinea Xích Đạo|gq
cờ: Hy Lạp|gr
cờ: Nam Georgia & Quần đảo Nam Sandwich|gs
cờ: Guatemala|gt
cờ: Guam|gu
cờ: Guinea-Bissau|gw
cờ: Guyana|gy
cờ: Đặc khu Hành chính Hồng Kông, Trung Quốc|hk
cờ: Quần đảo Heard và McDonald|hm
cờ: Honduras|hn
cờ: Croatia|hr
cờ: Haiti|ht
cờ: Hungary|hu
cờ: Quần đảo Canary|ic
cờ: Indonesia|id
cờ: Ireland|ie
cờ: Israel|il
cờ: Đảo Man|im
cờ: Ấn Độ|in
cờ: Lãnh thổ Ấn Độ Dương thuộc Anh|io
cờ: Iraq|iq
cờ: Iran|ir
cờ: Iceland|is
cờ: Italy|it
cờ: Jersey|je
cờ: Jamaica|jm
cờ: Jordan|jo
cờ: Nhật Bản|jp
cờ: Kenya|ke
cờ: Kyrgyzstan|kg
cờ: Campuchia|kh
cờ: Kiribati|ki
cờ: Comoros|km
cờ: St. Kitts và Nevis|kn
cờ: Triều Tiên|kp
cờ: Hàn Quốc|kr
cờ: Kuwait|kw
cờ: Quần đảo Cayman|ky
cờ: Kazakhstan|kz
cờ: Lào|la
cờ: Li-băng|lb
cờ: St. Lucia|lc
cờ: Liechtenstein|li
cờ: Sri Lanka|lk
cờ: Liberia|lr
cờ: Lesotho|ls
cờ: Litva|lt
cờ: Luxembourg|lu
cờ: Latvia|lv
cờ: Libya|ly
cờ: Ma-rốc
cờ: Monaco|mc
cờ: Moldova|md
cờ: Montenegro|me
cờ: St. Martin|mf
cờ: Madagascar|mg
cờ: Quần đảo Marshall|mh
cờ: Bắc Macedonia|mk
cờ: Mali|ml
cờ: Myanmar (Miến Điện)|mm
cờ: Mông Cổ|mn
cờ: Đặc khu Hành chính Macao, Trung Quốc|mo
cờ: Quần đảo Bắc Mariana|mp
cờ: Martinique|mq
cờ: Mauritania|mr
cờ: Montserrat|ms
cờ: Malta|mt
cờ: Mauritius|mu
cờ: Maldives|mv
cờ: Malawi|mw
cờ: Mexico|mx
cờ: Malaysia|my
cờ: Mozambique|mz
cờ: Namibia|na
cờ: New Caledonia|nc
cờ: Niger|ne
cờ: Đảo Norfolk|nf
cờ: Nigeria|ng
cờ: Nicaragua|ni
cờ: Hà Lan|nl
cờ: Na Uy|no
cờ: Nepal|np
cờ: Nauru|nr
cờ: Niue|nu
cờ: New Zealand|nz
cờ: Oman|om
cờ: Panama|pa
cờ: Peru|pe
cờ: Polynesia thuộc Pháp|pf
cờ: Papua New Guinea|pg
cờ: Philippines|ph
cờ: Pakistan|pk
cờ: Ba Lan|pl
cờ: Saint Pierre và Miquelon|pm
cờ: Quần đảo Pitcairn|pn
cờ: Puerto Rico|pr
cờ: Lãnh thổ Palestine|ps
cờ: Bồ Đào Nha|pt
cờ: Palau|pw
cờ: Paraguay|py
cờ: Qatar|qa
cờ: Réunion|re
cờ: Romania|ro
cờ: Serbia|rs
cờ: Nga|ru
cờ: Rwanda|rw
cờ: Ả Rập Xê-út|sa
cờ: Quần đảo Solomon|sb
cờ: Seychelles|sc
cờ: Sudan|sd
cờ: Thụy Điển|se
cờ: Singapore|sg
cờ: St. Helena|sh
cờ: Slovenia|si
cờ: Svalbard và Jan Mayen|sj
cờ: Slovakia|sk
cờ: Sierra Leone|sl
cờ: San Marino|sm
cờ: Senegal|sn
cờ: Somalia|so
cờ: Suriname|sr
cờ: Nam Sudan|ss
cờ: São Tomé và Príncipe|st
cờ: El Salvador|sv
cờ: Sint Maarten|sx
cờ: Syria|sy
cờ: Eswatini|sz
cờ: Tristan da Cunha|ta
cờ: Quần đảo Turks và Caicos|tc
cờ: Chad|td
cờ: Lãnh thổ phía Nam Thuộc Pháp|tf
cờ: Togo|tg
cờ: Thái Lan|th
cờ: Tajikistan|tj
cờ: Tokelau|tk
cờ: Timor-Leste|tl
cờ: Turkmenistan|tm
cờ: Tunisia|tn
cờ: Tonga|to
cờ: Thổ Nhĩ Kỳ|tr
cờ: Trinidad và Tobago|tt
cờ: Tuvalu|tv
cờ: Đài Loan|tw
cờ: Tanzania|tz
cờ: Ukraina|ua
cờ: Uganda|ug
cờ: Các tiểu đảo xa của Hoa Kỳ|um
cờ: Liên hợp quốc|un
cờ: Hoa Kỳ|us
cờ: Uruguay|uy
cờ: Uzbekistan|uz
cờ: Thành Vatican|va
cờ: St. Vincent và Grenadines|vc
cờ: Venezuela|ve
cờ: Quần đảo Virgin thuộc Anh|vg
cờ: Quần đảo Virgin thuộc Hoa Kỳ|vi
cờ: Việt Nam|vn
cờ: Vanuatu|vu
cờ: Wallis và Futuna|wf
cờ: Samoa|ws
cờ: Kosovo|xk
cờ: Yemen|ye
cờ: Mayotte|yt
cờ: Nam Phi|za
cờ: Zambia|zm
cờ: Zimbabwe|zw
cờ: Anh Quốc|gbeng
cờ: Scotland|gbsct
cờ: Xứ Wales|gbwls
`;
